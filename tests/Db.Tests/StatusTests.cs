using System.Text.Json;
using Npgsql;
using Xunit;

namespace Db.Tests;

public class StatusTests(PostgresServer postgres)
{
    [Fact]
    public async Task An_up_to_date_database_is_exit_code_0()
    {
        await using var database = await postgres.MigratedDatabaseAsync();

        var result = await new Tool().With("DATABASE_URL", database.ConnectionUri).RunAsync("status", "--json");

        Assert.Equal(0, result.ExitCode);
        var json = JsonDocument.Parse(result.StandardOutput).RootElement;
        Assert.Equal("DATABASE_URL", json.GetProperty("source").GetString());
        Assert.Equal(database.Name, json.GetProperty("server").GetProperty("database").GetString());
        Assert.NotEmpty(json.GetProperty("migrations").GetProperty("applied").EnumerateArray());
        Assert.Empty(json.GetProperty("migrations").GetProperty("pending").EnumerateArray());
    }

    [Fact]
    public async Task Pending_migrations_are_exit_code_1()
    {
        await using var database = await postgres.Server.CreateDatabaseAsync(TestContext.Current.CancellationToken);

        var result = await new Tool().With("DATABASE_URL", database.ConnectionUri).RunAsync("status");

        Assert.Equal(1, result.ExitCode);
        Assert.Matches("""\npending +\d+_FunctionsAndRoles\n""", result.StandardOutput);
        Assert.Contains(
            "dotnet ef database update --project Data.Migrations",
            result.StandardOutput,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_database_ahead_of_this_build_is_exit_code_1()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(
            database,
            """INSERT INTO migrations."__EFMigrationsHistory" VALUES ('99991231235959_FromTheFuture', '10.0.15')"""
        );

        var result = await new Tool().With("DATABASE_URL", database.ConnectionUri).RunAsync("status");

        Assert.Equal(1, result.ExitCode);
        Assert.Matches("""\nunknown +99991231235959_FromTheFuture\n""", result.StandardOutput);
    }

    [Fact]
    public async Task What_a_role_lacks_is_said_with_the_grant_that_gives_it()
    {
        await using var database = await postgres.Server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        var role = $"nobody_{database.Name}";
        await PostgresServer.ExecuteAsync(database, $"CREATE ROLE {role} LOGIN PASSWORD 'p'");
        var asRole = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = "p" };

        var result = await new Tool().RunAsync("status", "--connection", asRole.ConnectionString);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(
            $"you may not create schemas and trusted extensions; a superuser or the owner can allow it: GRANT CREATE ON DATABASE \"{database.Name}\" TO \"{role}\";\n",
            result.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"GRANT CREATE ON SCHEMA public TO \"{role}\";\n",
            result.StandardOutput,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_role_that_may_not_read_the_history_is_told_so()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        var role = $"nobody_{database.Name}";
        await PostgresServer.ExecuteAsync(database, $"CREATE ROLE {role} LOGIN PASSWORD 'p'");
        var asRole = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = "p" };

        var result = await new Tool().RunAsync("status", "--connection", asRole.ConnectionString);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith(
            $"{role} may not read the migrations history.",
            result.StandardError,
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"GRANT USAGE ON SCHEMA migrations TO \"{role}\";",
            result.StandardError,
            StringComparison.Ordinal
        );
    }
}
