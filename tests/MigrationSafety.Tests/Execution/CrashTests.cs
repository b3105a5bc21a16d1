using System.Diagnostics;
using LocalPostgres;
using MigrationSafety.TestMigrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Execution;

/// <summary>
/// A fault before and after every statement of a run, the rails' own included. Afterwards the database must be what an undisturbed run
/// makes: same catalogs, same rows, same history, nothing invalid, nothing left over. A class for each fault, so that they run side by side.
/// </summary>
public abstract class CrashTests
{
    // Every boundary takes minutes; CI takes them (EVERY_FAULT=1), a developer's run every seventh.
    private static readonly int Step = Environment.GetEnvironmentVariable("EVERY_FAULT") is "1" or "all" ? 1 : 7;

    protected static IReadOnlyList<int> Taken(int boundaries) =>
        [.. Enumerable.Range(1, boundaries).Where(boundary => boundary % Step == 0)];

    protected static async Task<(int Boundaries, string Catalogs)> UndisturbedAsync(
        ThrowAwayServer server,
        string? target
    )
    {
        await using var database = await PreparedAsync(server, target);
        await using var context = new MixedContext(database.ConnectionString, o => o.AllowDataLoss());
        using var counted = Faults.At(int.MaxValue, () => { });
        await Run.MigrateAsync(context, async: false, target);
        Assert.InRange(counted.Passed, 40, 400);
        return (counted.Passed, await Catalogs.ReadAsync(database.ConnectionString));
    }

    // To go down, a run must have gone up: once, in a template.
    protected static Task<TestDatabase> PreparedAsync(ThrowAwayServer server, string? target) =>
        target is null
            ? server.CreateDatabaseAsync()
            : server.CreateDatabaseAsync(
                "migrated up",
                async (connectionString, _) =>
                {
                    await using var context = new MixedContext(connectionString + ";Pooling=false");
                    await Run.MigrateAsync(context, async: true);
                }
            );

    protected static async Task DisturbedAsync(int boundary, Action fault, TestDatabase database, string? target)
    {
        await using var context = new MixedContext(database.ConnectionString, o => o.AllowDataLoss());
        using var at = Faults.At(boundary, fault);
        // Half of them synchronously, as bundles do.
        await Run.MigrateAsync(context, async: boundary % 2 == 0, target);
        Assert.True(at.Passed >= boundary, $"Boundary {boundary} was not reached.");
    }

    protected static void Terminate(ThrowAwayServer server, string database)
    {
        using var connection = new NpgsqlConnection(server.ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = $1",
            connection
        )
        {
            Parameters = { new() { Value = database } },
        };
        Assert.True((long)command.ExecuteScalar()! > 0, "The fault found no backend to terminate.");
    }

    protected static async Task AssertUndisturbedAsync(int boundary, string expected, TestDatabase database)
    {
        var found = await Catalogs.ReadAsync(database.ConnectionString);
        Assert.True(
            expected == found,
            $"After boundary {boundary}:\n{string.Join('\n', found.Split('\n').Except(expected.Split('\n')))}\nmissing:\n{string.Join('\n', expected.Split('\n').Except(found.Split('\n')))}"
        );
        Assert.Equal(
            0L,
            await Catalogs.ScalarAsync<long>(
                database.ConnectionString,
                """
                SELECT (SELECT count(*) FROM migrations.unfinished_migration) + (SELECT count(*) FROM pg_index WHERE NOT indisvalid)
                     + (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
                """
            )
        );
    }
}

/// <summary>See <see cref="CrashTests"/>.</summary>
public class ProcessKilledTests(PostgresServer postgres, ITestOutputHelper output) : CrashTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("0")]
    public async Task The_process_is_killed_at_every_boundary(string? target)
    {
        var (boundaries, expected) = await UndisturbedAsync(postgres.Server, target);
        await Parallel.ForEachAsync(
            Taken(boundaries),
            new ParallelOptions { MaxDegreeOfParallelism = 3 },
            async (boundary, _) =>
            {
                await using var database = await PreparedAsync(postgres.Server, target);
                var killed = await Bundle.RunAsync(nameof(MixedContext), database.ConnectionString, target, boundary);
                Assert.True(killed.ExitCode == 137, $"Boundary {boundary} was not reached: {killed}");
                await using var again = new MixedContext(database.ConnectionString, o => o.AllowDataLoss());
                await Run.MigrateAsync(again, async: boundary % 2 == 0, target);
                await AssertUndisturbedAsync(boundary, expected, database);
            }
        );
        output.WriteLine($"{Taken(boundaries).Count} of {boundaries} kills survived.");
    }
}

/// <summary>See <see cref="CrashTests"/>.</summary>
public class BackendTerminatedTests(PostgresServer postgres, ITestOutputHelper output) : CrashTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("0")]
    public async Task The_backend_is_terminated_at_every_boundary(string? target)
    {
        var (boundaries, expected) = await UndisturbedAsync(postgres.Server, target);
        await Parallel.ForEachAsync(
            Taken(boundaries),
            new ParallelOptions { MaxDegreeOfParallelism = 3 },
            async (boundary, _) =>
            {
                await using var database = await PreparedAsync(postgres.Server, target);
                await DisturbedAsync(boundary, () => Terminate(postgres.Server, database.Name), database, target);
                await AssertUndisturbedAsync(boundary, expected, database);
            }
        );
        output.WriteLine($"{Taken(boundaries).Count} of {boundaries} terminated backends survived.");
    }
}

/// <summary>See <see cref="CrashTests"/>.</summary>
public class ServerStoppedTests(ITestOutputHelper output) : CrashTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("0")]
    public async Task The_server_is_stopped_at_once_and_started_again_at_every_boundary(string? target)
    {
        await using var server = await ThrowAwayServer.StartAsync(ct: TestContext.Current.CancellationToken);
        var (boundaries, expected) = await UndisturbedAsync(server, target);
        foreach (var boundary in Taken(boundaries))
        {
            await using var database = await PreparedAsync(server, target);
            await DisturbedAsync(
                boundary,
                () => server.RestartAsync(StopMode.Immediate, CancellationToken.None).GetAwaiter().GetResult(),
                database,
                target
            );
            await AssertUndisturbedAsync(boundary, expected, database);
        }

        output.WriteLine($"{Taken(boundaries).Count} of {boundaries} restarts survived.");
    }
}
