using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Schema;

namespace Data.Migrations.Tests.Rollback;

/// <summary>Every migration goes up, down and up again, with rows in the tables; what it leaves behind is what was there before.</summary>
public sealed class UpDownUpTests(TestServer server)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Rows for the tables that exist after the migration of that name.
    private static readonly Dictionary<string, string> Rows = new()
    {
        ["AuthTables"] = """
            INSERT INTO users (id, email) VALUES ('anna', 'anna@example.test');
            INSERT INTO session (id, "expiresAt", token, "userId") VALUES ('1', now(), 't', 'anna');
            INSERT INTO account (id, "accountId", "providerId", "userId") VALUES ('1', '1', 'credential', 'anna');
            INSERT INTO verification (id, identifier, value, "expiresAt") VALUES ('1', 'i', 'v', now());
            """,
        ["UserMetas"] = """INSERT INTO users_metas ("userId", "metaKey") VALUES ('anna', 'theme');""",
        ["ApiKeys"] =
            """INSERT INTO api_key (id, "keyHash", "keyPrefix", name, "userId") VALUES ('key', 'h', 'p', 'n', 'anna');""",
        ["ApiAuditLog"] = """
            INSERT INTO api_audit_log ("apiKeyId", "userId", endpoint, method, "statusCode") VALUES ('key', 'anna', '/', 'GET', 200);
            """,
    };

    public static TheoryData<string> Migrations()
    {
        using var context = DesignTimeFactory.CreateFor("Host=127.0.0.1");
        return [.. context.Database.GetMigrations()];
    }

    [Theory]
    [MemberData(nameof(Migrations))]
    public async Task Down_leaves_the_catalogs_as_they_were_before_up(string migration)
    {
        // A server of its own: roles belong to the whole server, and the first migration takes its own away again.
        await using var own = await ThrowAwayServer.StartAsync(new() { Exclusive = true }, Cancellation);
        await using var database = await own.CreateDatabaseAsync(Cancellation);
        await using var context = DesignTimeFactory.CreateFor(database.ConnectionString, "--allow-data-loss");
        var migrations = context.Database.GetMigrations().ToList();
        var previous = migrations.TakeWhile(name => name != migration).LastOrDefault();

        await GoToAsync(context, previous);
        foreach (var earlier in migrations.TakeWhile(name => name != migration))
        {
            await FillAsync(database, earlier);
        }

        var before = await CatalogsAsync(database);
        await GoToAsync(context, migration);
        await FillAsync(database, migration);
        var after = await CatalogsAsync(database);
        Assert.Equal(migration, (await context.Database.GetAppliedMigrationsAsync(Cancellation)).Last());

        await GoToAsync(context, previous);
        Assert.Equal(before, await CatalogsAsync(database));

        await GoToAsync(context, migration);
        Assert.Equal(after, await CatalogsAsync(database));
    }

    [Fact]
    public async Task The_last_migration_leads_to_the_committed_snapshot()
    {
        await using var database = await server.CreateMigratedAsync();
        var found = await SchemaSnapshot.ReadAsync(database.ConnectionString, ExpectedSchema.Scope, Cancellation);

        var committed = SchemaSnapshot.Parse(
            await File.ReadAllTextAsync(Repository.PathTo("Data.Migrations", "schema.snapshot"), Cancellation)
        );
        Assert.True(
            committed.ToText() == found.ToText(),
            "Data.Migrations/schema.snapshot is stale. Renew it and review its diff: dotnet run --project src/Db -- snapshot\n"
                + string.Join('\n', committed.Compare(found))
        );
    }

    private static Task GoToAsync(AppDbContext context, string? migration) =>
        context.GetService<IMigrator>().MigrateAsync(migration ?? Migration.InitialDatabase, Cancellation);

    private static Task FillAsync(TestDatabase database, string migration) =>
        Rows.TryGetValue(migration[15..], out var rows)
            ? TestServer.ExecuteAsync(database.ConnectionString, rows)
            : Task.CompletedTask;

    // Roles are the server's, not the database's, so no snapshot has them.
    private static async Task<string> CatalogsAsync(TestDatabase database)
    {
        var everything = ExpectedSchema.Scope with
        {
            Schemas = ["app_private", "extensions", "public"],
            Extensions = null,
        };
        var snapshot = await SchemaSnapshot.ReadAsync(database.ConnectionString, everything, Cancellation);
        var roles = await TestServer.ScalarAsync<string>(
            database.ConnectionString,
            "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolname !~ '^pg_'"
        );
        return $"{snapshot.ToText()}\nroles {roles}";
    }
}
