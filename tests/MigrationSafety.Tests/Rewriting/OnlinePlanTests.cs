using MigrationSafety.TestMigrations;
using Xunit;

namespace MigrationSafety.Tests.Rewriting;

public class OnlinePlanTests(PostgresServer postgres)
{
    [Fact]
    public async Task The_plan_says_what_was_done_to_keep_it_online()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using (var context = new OnlineContext(database.ConnectionString))
        {
            await Run.MigrateAsync(context, async: true, "20260101000000_Tables");
        }

        var result = await Bundle.RunAsync(
            nameof(OnlineContext),
            database.ConnectionString,
            "20260102000000_Indexes",
            0,
            "--plan"
        );

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Matches(
            """
              outside of a transaction:
                CREATE INDEX CONCURRENTLY "IX_orders_customer_id" ON orders \(customer_id\)
                    online: built while writers go on
                    ShareUpdateExclusiveLock on orders \(about [\d,]+ rows, .*\)
            """,
            result.Output
        );
    }
}
