using Data.Migrations.Tests.Tools;
using MigrationSafety.Schema;

namespace Data.Migrations.Tests.Rollback;

/// <summary>The manual path: the whole history as one script that psql runs, twice.</summary>
public sealed class IdempotentScriptTests(TestServer server)
{
    [Fact]
    public async Task Runs_in_psql_twice_and_makes_the_same_schema()
    {
        Assert.SkipUnless(
            server.Server.BinDirectory is not null || File.Exists("/usr/bin/psql"),
            "psql is not on this machine."
        );
        var script = Path.GetTempFileName();
        var written = await Tool.EfAsync(["migrations", "script", "--idempotent", "--output", script]);
        Assert.True(written.ExitCode == 0, written.Said());
        await using var database = await server.CreateEmptyAsync();

        for (var run = 1; run <= 2; run++)
        {
            var psql = await Tool.RunAsync(
                "psql",
                ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", script, database.ConnectionUri]
            );
            Assert.True(psql.ExitCode == 0, psql.Said());
        }

        File.Delete(script);
        var found = await SchemaSnapshot.ReadAsync(
            database.ConnectionString,
            ExpectedSchema.Scope,
            TestContext.Current.CancellationToken
        );
        Assert.Empty(ExpectedSchema.Read().Compare(found));
    }
}
