using System.Diagnostics;
using LocalPostgres;
using MigrationSafety.TestMigrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Locking;

public class LockInTheWayTests(PostgresServer postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_migration_lands_when_the_lock_goes_and_says_who_held_it(bool async)
    {
        await using var database = await NotesAsync();
        await using var reader = await ReaderAsync(database);
        var log = new LogLines();
        await using var context = new PlainContext(
            database.ConnectionString,
            o => o.LockTimeout(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1))
        )
        {
            Further = log.AddTo,
        };

        var run = Task.Run(() => Run.MigrateAsync(context, async), Cancellation);
        await log.SeenAsync("attempt 1");
        await reader.CommitAsync(Cancellation);
        await run;

        Assert.Equal(1, await Catalogs.ScalarAsync<int>(database.ConnectionString, "SELECT words FROM notes"));
        Assert.Contains(
            log.Lines,
            line =>
                line.Contains(
                    "20260102000000_Author could not get a lock within 1 s (attempt 1). In the way: pid ",
                    StringComparison.Ordinal
                )
                && line.Contains(
                    "application \"a long report\", idle in transaction, transaction open for ",
                    StringComparison.Ordinal
                )
                && line.Contains(
                    "holds AccessShareLock, we want AccessExclusiveLock on notes, query: SELECT * FROM notes",
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public async Task Nobody_queues_behind_us_for_longer_than_the_lock_time_out()
    {
        await using var database = await NotesAsync();
        await using var reader = await ReaderAsync(database);
        var log = new LogLines();
        await using var context = new PlainContext(
            database.ConnectionString,
            o => o.LockTimeout(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(300))
        )
        {
            Further = log.AddTo,
        };
        var run = Task.Run(() => Run.MigrateAsync(context, async: true), Cancellation);

        // An application that reads all the while. Its longest wait is the time-out, and not the reader's whole transaction.
        var longest = TimeSpan.Zero;
        await using (
            var source = NpgsqlDataSource.Create(database.ConnectionString + ";Application Name=the application")
        )
        {
            while (!log.Lines.Any(line => line.Contains("attempt 3", StringComparison.Ordinal)))
            {
                var started = Stopwatch.GetTimestamp();
                await using var read = source.CreateCommand("SELECT count(*) FROM notes");
                await read.ExecuteScalarAsync(Cancellation);
                var took = Stopwatch.GetElapsedTime(started);
                longest = took > longest ? took : longest;
            }
        }

        await reader.CommitAsync(Cancellation);
        await run;
        Assert.True(
            longest > TimeSpan.FromMilliseconds(50),
            "The premise does not hold: nobody waited behind the migration."
        );
        // Generous for a busy machine; without a time-out it would be the three attempts and the pauses between them together.
        Assert.True(longest < TimeSpan.FromSeconds(2), $"A reader waited {longest}.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_the_budget_is_spent_the_message_names_who_held_the_lock(bool async)
    {
        await using var database = await NotesAsync();
        await using var reader = await ReaderAsync(database);
        await using var context = new PlainContext(
            database.ConnectionString,
            o =>
                o.LockTimeout(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)).LockWait(TimeSpan.FromMilliseconds(100))
        );

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() => Run.MigrateAsync(context, async));

        Assert.Matches(
            $"""
            ^20260102000000_Author did not get a lock it needs within 100 ms \(1 attempts, the last waiting 1 s; 55P03\)\.
            In the way: pid {reader.Connection!.ProcessID}, user \S+, application "a long report", idle in transaction, transaction open for .+, holds AccessShareLock, we want AccessExclusiveLock on notes, query: SELECT \* FROM notes\.

              1 \| ALTER TABLE notes ADD author text;

            State: 20260102000000_Author is not applied, and nothing of it is left: its transaction was rolled back\. 1 more not started\.
            To do: end what is in the way \(SELECT pg_terminate_backend\({reader.Connection.ProcessID}\); if it may be ended\) or wait for it, and run again; -- --lock-wait 1h tries for longer, -- --lock-timeout 5s waits longer each time, and so does the application\.$
            """,
            exception.Message
        );
    }

    private async Task<TestDatabase> NotesAsync()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true, "20260101000000_Notes");
        return database;
    }

    private static async Task<NpgsqlTransaction> ReaderAsync(TestDatabase database)
    {
        var connection = new NpgsqlConnection(
            database.ConnectionString + ";Application Name=a long report;Pooling=false"
        );
        await connection.OpenAsync(Cancellation);
        var transaction = await connection.BeginTransactionAsync(Cancellation);
        await using var command = new NpgsqlCommand("SELECT * FROM notes", connection, transaction);
        await command.ExecuteNonQueryAsync(Cancellation);
        return transaction;
    }
}
