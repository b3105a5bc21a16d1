using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using MigrationSafety.TestMigrations;
using MigrationSafety.Tests.Execution;
using Xunit;

namespace MigrationSafety.Tests.Rewriting;

/// <summary>
/// The session is ended in the midst of online forms; the run connects again and goes on. Migration by migration, so that each fault costs
/// that one migration and not all of them.
/// </summary>
public class OnlineCrashTests(PostgresServer postgres, ITestOutputHelper output) : CrashTests
{
    // All of them take four minutes: CI takes every fifth, a developer's run one of each stretch, and whoever says EVERY_FAULT=all, all.
    private static readonly int Every = Environment.GetEnvironmentVariable("EVERY_FAULT") switch
    {
        "all" => 1,
        "1" => 5,
        _ => 29,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_backend_is_terminated_between_the_steps(bool down)
    {
        var (taken, all) = (0, 0);
        foreach (var (from, to) in Ways(down))
        {
            var (boundaries, expected) = await UndisturbedAsync(from, to);
            var chosen = Enumerable.Range(1, boundaries).Where(boundary => (all + boundary) % Every == 0).ToList();
            (taken, all) = (taken + chosen.Count, all + boundaries);
            await Parallel.ForEachAsync(
                chosen,
                new ParallelOptions { MaxDegreeOfParallelism = 3 },
                async (boundary, _) =>
                {
                    await using var database = await PreparedAsync(from);
                    await using var context = new OnlineContext(database.ConnectionString, o => o.AllowDataLoss());
                    using var at = Faults.At(boundary, () => Terminate(postgres.Server, database.Name));
                    await Run.MigrateAsync(context, async: boundary % 2 == 0, to);
                    Assert.True(at.Passed >= boundary, $"Boundary {boundary} on the way to {to} was not reached.");
                    Assert.Equal(expected, await OnlineRunTests.CatalogsAsync(database));
                }
            );
        }

        Assert.InRange(all, 200, 2000);
        output.WriteLine($"{taken} of {all} boundaries survived.");
    }

    private static IEnumerable<(string From, string To)> Ways(bool down)
    {
        using var context = new OnlineContext("Host=nowhere.invalid");
        string[] stations = ["0", .. context.Database.GetMigrations()];
        var ways = stations.Zip(stations.Skip(1));
        return down ? ways.Select(way => (way.Second, way.First)) : ways;
    }

    private async Task<(int Boundaries, string Catalogs)> UndisturbedAsync(string from, string to)
    {
        await using var database = await PreparedAsync(from);
        await using var context = new OnlineContext(database.ConnectionString, o => o.AllowDataLoss());
        using var counted = Faults.At(int.MaxValue, () => { });
        await Run.MigrateAsync(context, async: false, to);
        return (counted.Passed, await OnlineRunTests.CatalogsAsync(database));
    }

    private Task<TestDatabase> PreparedAsync(string migration) =>
        migration == "0"
            ? postgres.Server.CreateDatabaseAsync()
            : postgres.Server.CreateDatabaseAsync(
                $"online up to {migration}",
                async (connectionString, _) =>
                {
                    await using var context = new OnlineContext(connectionString + ";Pooling=false");
                    await Run.MigrateAsync(context, async: true, migration);
                }
            );
}
