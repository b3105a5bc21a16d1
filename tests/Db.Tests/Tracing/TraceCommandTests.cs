using System.Text.Json;
using Xunit;

namespace Db.Tests.Tracing;

public class TraceCommandTests(PostgresServer postgres)
{
    [Fact]
    public async Task A_migration_of_this_project_by_its_name()
    {
        var result = await new Tool().RunAsync("trace", "ApiAuditLog", "--rows", "30", "--json");

        Assert.Equal((0, "tracing 20261122153913_ApiAuditLog …\n"), (result.ExitCode, result.StandardError));
        var migration = JsonDocument.Parse(result.StandardOutput).RootElement.GetProperty("migrations")[0];
        Assert.Equal("20261122153913_ApiAuditLog", migration.GetProperty("id").GetString());
        Assert.All(
            migration.GetProperty("tables").EnumerateArray(),
            table => Assert.Equal(30, table.GetProperty("rows").GetInt32())
        );
        Assert.Equal(
            ["Up", "Down"],
            migration.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("direction").GetString())
        );
        var previous = migration.GetProperty("previousRelease");
        Assert.Equal("service_role", previous.GetProperty("role").GetString());
        Assert.Empty(previous.GetProperty("breaks").EnumerateArray());
        Assert.Empty(previous.GetProperty("notTried").EnumerateArray());
    }

    [Fact]
    public async Task Nothing_is_pending_on_a_migrated_database()
    {
        await using var database = await postgres.MigratedDatabaseAsync();

        var result = await new Tool().With("DATABASE_URL", database.ConnectionUri).RunAsync("trace");

        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("Nothing is pending at ", result.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistyped_migration_gets_the_nearest_name()
    {
        var result = await new Tool().RunAsync("trace", "ApiAuditLogs");

        Assert.Equal(2, result.ExitCode);
        Assert.Equal(
            "There is no migration \"ApiAuditLogs\" in this build. Did you mean ApiAuditLog?\n",
            result.StandardError
        );
    }

    [Fact]
    public async Task Without_a_name_and_without_a_database_it_says_how_to_name_them()
    {
        var result = await new Tool { Directory = "/" }.RunAsync("trace");

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith(
            $"Which migrations? Name them, or take all: {Tool.Name} trace --all.",
            result.StandardError,
            StringComparison.Ordinal
        );
    }
}
