using CliWrap.Buffered;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Data.Migrations.Tests.Tools;

/// <summary>The three commands, as processes: <c>dotnet ef</c>, the bundle, and going back with either.</summary>
public sealed class CommandTests(TestServer server, Bundle bundle) : IClassFixture<Bundle>
{
    // However many there will be.
    private static readonly long AllMigrations = CountMigrations();

    private const string History = """SELECT count(*) FROM migrations."__EFMigrationsHistory" """;

    [Fact]
    public async Task The_bundle_brings_an_empty_database_up_and_then_finds_nothing_to_do()
    {
        await using var database = await server.CreateEmptyAsync();

        var first = await bundle.RunAsync(["--connection", database.ConnectionUri]);
        var second = await bundle.RunAsync(["--connection", database.ConnectionUri]);

        Assert.True(first.ExitCode == 0, first.Said());
        Assert.True(second.ExitCode == 0, second.Said());
        Assert.Contains("No migrations were applied", second.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(AllMigrations, await TestServer.ScalarAsync<long>(database.ConnectionString, History));
    }

    [Fact]
    public async Task The_bundle_takes_the_owners_variable_before_the_applications()
    {
        await using var wanted = await server.CreateEmptyAsync();
        await using var other = await server.CreateEmptyAsync();

        var run = await bundle.RunAsync(
            [],
            new() { ["MIGRATE_DATABASE_URL"] = wanted.ConnectionUri, ["DATABASE_URL"] = other.ConnectionUri }
        );

        Assert.True(run.ExitCode == 0, run.Said());
        Assert.Equal(AllMigrations, await TestServer.ScalarAsync<long>(wanted.ConnectionString, History));
        Assert.Equal(
            0,
            await TestServer.ScalarAsync<long>(
                other.ConnectionString,
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            )
        );
    }

    [Fact]
    public async Task A_typed_connection_that_leads_elsewhere_than_the_environment_is_refused()
    {
        await using var typed = await server.CreateEmptyAsync();
        await using var named = await server.CreateEmptyAsync();

        var run = await bundle.RunAsync(
            ["--connection", typed.ConnectionUri],
            new() { ["MIGRATE_DATABASE_URL"] = named.ConnectionUri }
        );

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(typed.Name, run.StandardError + run.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(
            "Unset MIGRATE_DATABASE_URL to use --connection",
            run.StandardError + run.StandardOutput,
            StringComparison.Ordinal
        );
        foreach (var database in new[] { typed, named })
        {
            Assert.Equal(
                0,
                await TestServer.ScalarAsync<long>(
                    database.ConnectionString,
                    "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
                )
            );
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Goes_back_to_an_earlier_migration_and_forward_again(bool withBundle)
    {
        await using var database = await server.CreateMigratedAsync();

        var back = await UpdateAsync("UserMetas");
        Assert.True(back.ExitCode == 0, back.Said());
        Assert.Equal(4, await TestServer.ScalarAsync<long>(database.ConnectionString, History));
        Assert.False(
            await TestServer.ScalarAsync<bool>(database.ConnectionString, "SELECT to_regclass('api_key') IS NOT NULL")
        );
        Assert.True(
            await TestServer.ScalarAsync<bool>(
                database.ConnectionString,
                "SELECT to_regclass('users_metas') IS NOT NULL"
            )
        );

        var forward = await UpdateAsync();
        Assert.True(forward.ExitCode == 0, forward.Said());
        Assert.Equal(AllMigrations, await TestServer.ScalarAsync<long>(database.ConnectionString, History));

        Task<BufferedCommandResult> UpdateAsync(params string[] target) =>
            withBundle
                ? bundle.RunAsync([.. target, "--connection", database.ConnectionUri])
                : Tool.EfAsync(["database", "update", .. target, "--connection", database.ConnectionUri]);
    }

    [Fact]
    public async Task dotnet_ef_works_from_inside_the_project_without_flags()
    {
        await using var database = await server.CreateMigratedAsync();

        var list = await Tool.RunAsync(
            "dotnet",
            ["ef", "migrations", "list", "--no-build"],
            new() { ["DATABASE_URL"] = database.ConnectionUri },
            Repository.PathTo("Data.Migrations")
        );

        Assert.True(list.ExitCode == 0, list.Said());
        Assert.Contains("_ApiAuditLog", list.StandardOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("(Pending)", list.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_model_has_no_changes_that_no_migration_carries()
    {
        var check = await Tool.EfAsync(["migrations", "has-pending-model-changes"]);
        Assert.True(check.ExitCode == 0, check.Said());
    }

    [Theory]
    [MemberData(nameof(BadInput))]
    public async Task Bad_input_is_answered_with_what_happened_and_what_to_do(string name, string[] expected)
    {
        await using var database = await server.CreateEmptyAsync();
        var uri = BadUri(name, database);

        var run = await bundle.RunAsync(["--connection", uri]);
        var said = run.StandardOutput + run.StandardError;

        Assert.Equal(1, run.ExitCode);
        Assert.All(expected, text => Assert.Contains(text, said, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", said, StringComparison.Ordinal);
        Assert.Equal(
            0,
            await TestServer.ScalarAsync<long>(
                database.ConnectionString,
                "SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', 'migrations')"
            )
        );
    }

    public static TheoryData<string, string[]> BadInput() =>
        new()
        {
            { "no server", ["127.0.0.1:1", "To do:"] },
            { "no such database", ["does not exist", "--create-database"] },
            { "not a URL", ["neither a postgresql:// URI"] },
            { "bad port", ["port"] },
            { "unknown parameter", ["sslmod", "sslmode"] },
            { "empty", ["--connection"] },
        };

    private static string BadUri(string name, TestDatabase database)
    {
        var builder = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        return name switch
        {
            "no server" => "postgresql://postgres:s3cret@127.0.0.1:1/app",
            "no such database" => database.ConnectionUri.Replace(
                database.Name,
                "no_such_database",
                StringComparison.Ordinal
            ),
            "not a URL" => "postgresql//postgres:s3cret@127.0.0.1/app",
            "bad port" => $"postgresql://postgres:s3cret@127.0.0.1:54x32/{database.Name}",
            "unknown parameter" =>
                $"postgresql://postgres:s3cret@{builder.Host}:{builder.Port}/{database.Name}?sslmod=require",
            "empty" => "",
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
        };
    }

    private static long CountMigrations()
    {
        using var context = DesignTimeFactory.CreateFor("Host=127.0.0.1");
        return context.Database.GetMigrations().Count();
    }
}
