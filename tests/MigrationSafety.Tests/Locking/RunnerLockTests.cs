using Microsoft.EntityFrameworkCore;
using MigrationSafety.Locking;
using MigrationSafety.TestMigrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Locking;

public class RunnerLockTests(PostgresServer postgres)
{
    private static readonly long Key = RunnerLock.Key("migrations.__EFMigrationsHistory");

    [Fact]
    public async Task Of_twenty_runners_started_at_once_one_applies_and_all_exit_0()
    {
        await using var database = await postgres.CreateDatabaseAsync();

        var runners = Enumerable
            .Range(0, 20)
            .Select(_ => Bundle.RunAsync(nameof(MixedContext), database.ConnectionString))
            .ToList();
        var results = await Task.WhenAll(runners);

        Assert.All(results, result => Assert.True(result.ExitCode == 0, result.ToString()));
        await using var context = new MixedContext(database.ConnectionString);
        Assert.Equal(
            5,
            (await context.Database.GetAppliedMigrationsAsync(TestContext.Current.CancellationToken)).Count()
        );
        Assert.Equal(
            1000L,
            await Catalogs.ScalarAsync<long>(database.ConnectionString, "SELECT max(id)::bigint FROM owners")
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_can_be_told_by_its_name_from_its_first_look_on(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var name = "";
        await using var context = new PlainContext(
            database.ConnectionString + ";Application Name=shop's release",
            o =>
                o.RefuseWhen(connection =>
                {
                    using var command = new NpgsqlCommand("SHOW application_name", (NpgsqlConnection)connection);
                    name = (string)command.ExecuteScalar()!;
                    return null;
                })
        );
        await context.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);

        await Run.MigrateAsync(context, async);

        Assert.Equal("shop's release: migrations", name);
        await using var after = new NpgsqlCommand(
            "SHOW application_name",
            (NpgsqlConnection)context.Database.GetDbConnection()
        );
        Assert.Equal("shop's release", await after.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_runner_waits_and_finds_nothing_to_do(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var first = await HoldAsync(database.ConnectionString);
        var log = new LogLines();
        await using var context = new PlainContext(database.ConnectionString) { Further = log.AddTo };

        var second = Task.Run(() => Run.MigrateAsync(context, async), TestContext.Current.CancellationToken);
        await log.SeenAsync("Another run migrates this database");
        // What the first one would have done.
        await using (var other = new PlainContext(database.ConnectionString + ";Application Name=other"))
        {
            await ReleaseAsync(first);
            await Task.WhenAll(Run.MigrateAsync(other, async: true), second);
        }

        Assert.Contains(
            log.Lines,
            line =>
                line.Contains($"pid {first.ProcessID}, user ", StringComparison.Ordinal)
                && line.Contains("application \"the first one\"", StringComparison.Ordinal)
        );
        Assert.Equal(1, await Catalogs.ScalarAsync<int>(database.ConnectionString, "SELECT words FROM notes"));
    }

    [Fact]
    public async Task A_runner_that_waits_for_long_says_so_again()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var first = await HoldAsync(database.ConnectionString);
        var log = new LogLines();
        await using var context = new PlainContext(
            database.ConnectionString,
            o => o.RunnerWait(TimeSpan.FromSeconds(10))
        )
        {
            Further = log.AddTo,
        };

        var second = Task.Run(() => Run.MigrateAsync(context, async: true), TestContext.Current.CancellationToken);
        await log.SeenAsync("Another run migrates this database", times: 3);
        await ReleaseAsync(first);

        await second;
        Assert.Contains(log.Lines, line => line.Contains("at most 10 s.", StringComparison.Ordinal));
        Assert.Contains(
            log.Lines,
            line =>
                line.Contains($"pid {first.ProcessID}, user ", StringComparison.Ordinal)
                && !line.Contains("at most 10 s.", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_runner_gives_up_after_its_limit_and_says_who_was_first(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var first = await HoldAsync(database.ConnectionString);
        await using var context = new PlainContext(
            database.ConnectionString,
            o => o.RunnerWait(TimeSpan.FromMilliseconds(100))
        );

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() => Run.MigrateAsync(context, async));

        Assert.Equal("AnotherRunner", exception.Id);
        Assert.Matches(
            $"""
            ^Another run migrates this database, and did not end within 100 ms: pid {first.ProcessID}, user \S+, application "the first one", idle, connected for .+\.

            State: this run changed nothing; the other one goes on\.
            To do: wait for the other run, then run again; with -- --runner-wait 2h this one waits longer\. If the other run is dead: SELECT pg_terminate_backend\({first.ProcessID}\);$
            """,
            exception.Message
        );
    }

    [Fact]
    public async Task Runs_on_other_history_tables_do_not_wait_for_each_other()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var first = await HoldAsync(database.ConnectionString);
        await using var context = new PlainContext(
            database.ConnectionString,
            o => o.RunnerWait(TimeSpan.FromMilliseconds(100))
        )
        {
            Further = o => o.UseNpgsql(n => n.MigrationsHistoryTable("elsewhere", "migrations")),
        };

        await Run.MigrateAsync(context, async: true);

        Assert.Equal(
            3L,
            await Catalogs.ScalarAsync<long>(database.ConnectionString, "SELECT count(*) FROM migrations.elsewhere")
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_lock_is_given_back_to_a_connection_of_the_callers(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await context.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);

        await Run.MigrateAsync(context, async);

        Assert.Equal(
            0L,
            await Catalogs.ScalarAsync<long>(
                database.ConnectionString,
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        );
    }

    private static async Task<NpgsqlConnection> HoldAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString + ";Application Name=the first one;Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand($"SELECT pg_advisory_lock({Key})", connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    private static async Task ReleaseAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand($"SELECT pg_advisory_unlock({Key})", connection);
        Assert.True((bool)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!);
    }
}
