using MigrationSafety.TestMigrations;
using MigrationSafety.Tests.Execution;
using Xunit;

namespace MigrationSafety.Tests.Rewriting;

/// <summary>The session is ended in the midst of online forms; the run connects again and goes on.</summary>
public class OnlineCrashTests(PostgresServer postgres, ITestOutputHelper output) : CrashTests
{
    [Fact]
    public async Task The_backend_is_terminated_between_the_steps()
    {
        await using var undisturbed = await postgres.CreateDatabaseAsync();
        int boundaries;
        await using (var context = new OnlineContext(undisturbed.ConnectionString))
        {
            using var counted = Faults.At(int.MaxValue, () => { });
            await Run.MigrateAsync(context, async: false);
            boundaries = counted.Passed;
        }

        var expected = await OnlineRunTests.CatalogsAsync(undisturbed);
        // Each run makes all the steps; a developer's run takes one boundary of each stretch.
        var every = Environment.GetEnvironmentVariable("EVERY_FAULT") == "1" ? 3 : 29;
        var taken = Enumerable.Range(1, boundaries).Where(boundary => boundary % every == 0).ToList();
        await Parallel.ForEachAsync(
            taken,
            new ParallelOptions { MaxDegreeOfParallelism = 3 },
            async (boundary, _) =>
            {
                await using var database = await postgres.CreateDatabaseAsync();
                await using var context = new OnlineContext(database.ConnectionString);
                using var at = Faults.At(boundary, () => Terminate(postgres.Server, database.Name));
                await Run.MigrateAsync(context, async: boundary % 2 == 0);
                Assert.True(at.Passed >= boundary, $"Boundary {boundary} was not reached.");
                Assert.Equal(expected, await OnlineRunTests.CatalogsAsync(database));
            }
        );
        output.WriteLine($"{taken.Count} of {boundaries} boundaries survived.");
    }
}
