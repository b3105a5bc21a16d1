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

    // Without a second session nobody can look while the first one waits; afterwards it can look itself.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_holds_the_lock_is_said_also_of_an_attempt_that_nobody_could_watch(bool async)
    {
        await using var database = await NotesAsync();
        await using var reader = await ReaderAsync(database);
        var pid = reader.Connection!.ProcessID;
        var log = new LogLines();
        await using var context = new PlainContext(
            database.ConnectionString + ";Application Name=watched;Maximum Pool Size=1",
            o => o.LockTimeout(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100))
        )
        {
            Further = log.AddTo,
        };

        var run = Task.Run(() => Run.MigrateAsync(context, async), Cancellation);
        await log.SeenAsync("(attempt 1)");
        await reader.CommitAsync(Cancellation);
        await run;

        Assert.Contains(
            log.Lines,
            line =>
                line.Contains(
                    $"could not get a lock within 100 ms (attempt 1). In the way: pid {pid}, ",
                    StringComparison.Ordinal
                )
                && line.Contains(
                    "holds AccessShareLock, we want AccessExclusiveLock on notes, query: SELECT * FROM notes",
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public async Task A_wait_that_lasts_is_told_again_with_who_it_is_for()
    {
        await using var database = await NotesAsync();
        await using var reader = await ReaderAsync(database);
        var log = new LogLines();
        await using var context = new PlainContext(
            database.ConnectionString,
            o => o.LockTimeout(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)).LockWait(TimeSpan.FromMinutes(1))
        )
        {
            Further = log.AddTo,
        };

        var run = Task.Run(() => Run.MigrateAsync(context, async: true), Cancellation);
        await log.SeenAsync("20260102000000_Author still waits, for ");
        var line = log.Lines.First(l => l.Contains("still waits", StringComparison.Ordinal));
        await reader.CommitAsync(Cancellation);
        await run;

        Assert.Matches(
            @"still waits, for \S+ s now\. In the way: pid [0-9]+, user \S+, application ""a long report"", .*transaction open for .* Nobody queues "
                + @"behind it meanwhile; it goes on when that is over, and waits \S+ s more at most\.",
            line
        );
    }

    [Fact]
    public async Task Who_queued_behind_us_gets_through_when_our_attempt_times_out_and_does_not_queue_again()
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
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var through = new SemaphoreSlim(0);
        var application = ReadAllTheWhileAsync(database, through, stop.Token);

        // The premise, in the server's own words: the application waits, and it is the migration that it waits for.
        while (
            !await Catalogs.ScalarAsync<bool>(
                database.ConnectionString,
                """
                SELECT EXISTS (
                    SELECT FROM pg_stat_activity a JOIN pg_stat_activity m ON m.pid = ANY (pg_blocking_pids(a.pid))
                    WHERE a.datname = current_database() AND a.application_name = 'the application'
                      AND m.application_name LIKE '%: 20260102000000_Author')
                """
            )
        ) { }

        while (through.Wait(0, Cancellation)) { }

        // Nobody but the time-out can let it through: the report holds its lock to the end, and no migration is applied.
        Assert.True(
            await through.WaitAsync(TimeSpan.FromMinutes(1), Cancellation),
            "The application still waits behind the migration."
        );

        // From then on the migration only looks whether the report's transaction is over, and asks for no lock.
        while (
            !await Catalogs.ScalarAsync<bool>(
                database.ConnectionString,
                """
                SELECT EXISTS (
                    SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                      AND query LIKE 'SELECT EXISTS (SELECT FROM pg_locks WHERE virtualtransaction%')
                """
            )
        ) { }

        Assert.False(run.IsCompleted);
        Assert.DoesNotContain(log.Lines, line => line.Contains("(attempt 2)", StringComparison.Ordinal));
        await reader.CommitAsync(Cancellation);
        await run;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => application);
    }

    private static async Task ReadAllTheWhileAsync(
        TestDatabase database,
        SemaphoreSlim through,
        CancellationToken cancellationToken
    )
    {
        await using var connection = new NpgsqlConnection(
            database.ConnectionString + ";Application Name=the application;Pooling=false;Command Timeout=0"
        );
        await connection.OpenAsync(cancellationToken);
        while (true)
        {
            await using var read = new NpgsqlCommand("SELECT count(*) FROM notes", connection);
            await read.ExecuteScalarAsync(cancellationToken);
            through.Release();
            cancellationToken.ThrowIfCancellationRequested();
        }
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
            ^20260102000000_Author did not get a lock it needs within 100 ms \(1 attempt, the last waiting 1 s; 55P03\)\.
            In the way: pid {reader.Connection!.ProcessID}, user \S+, application "a long report", idle in transaction, transaction open for .+, holds AccessShareLock, we want AccessExclusiveLock on notes, query: SELECT \* FROM notes\.

              1 \| ALTER TABLE notes ADD author text;

            State: 20260102000000_Author is not applied, and nothing of it is left: its transaction was rolled back\. 1 more not started\.
            To do: end what is in the way \(SELECT pg_terminate_backend\({reader.Connection.ProcessID}\); if it may be ended\) or wait for it, and run again; -- --lock-wait 1h tries for longer, -- --lock-timeout 5s waits longer each time, and so does the application\.$
            """,
            exception.Message
        );
    }

    // The journal is written to behind the last command.
    [Fact]
    public async Task Who_has_locked_the_journal_against_writers_is_said()
    {
        await using var database = await NotesAsync();
        await using var connection = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await using var hold = new NpgsqlCommand(
            "LOCK TABLE migrations.applied_migration IN SHARE MODE",
            connection,
            transaction
        );
        await hold.ExecuteNonQueryAsync(Cancellation);
        await using var context = new PlainContext(
            database.ConnectionString,
            o =>
                o.LockTimeout(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)).LockWait(TimeSpan.FromMilliseconds(100))
        );

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.Equal("LockNotGiven", exception.Id);
        Assert.Matches(
            $@"In the way: pid {connection.ProcessID}, .* holds ShareLock, we want RowExclusiveLock on migrations\.applied_migration",
            exception.Message
        );
    }

    [Fact]
    public async Task A_prepared_transaction_in_the_way_is_named_with_what_ends_it()
    {
        await using var server = await ThrowAwayServer.StartAsync(
            new ThrowAwayServerOptions
            {
                Settings = new Dictionary<string, string> { ["max_prepared_transactions"] = "1" },
            },
            Cancellation
        );
        await using var database = await server.CreateDatabaseAsync(Cancellation);
        await using (var first = new PlainContext(database.ConnectionString))
        {
            await Run.MigrateAsync(first, async: true, "20260101000000_Notes");
        }

        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Pooling=false");
        await using (var prepare = source.CreateCommand("BEGIN; SELECT * FROM notes; PREPARE TRANSACTION 'it''s one'"))
        {
            await prepare.ExecuteNonQueryAsync(Cancellation);
        }

        await using var context = new PlainContext(
            database.ConnectionString,
            o =>
                o.LockTimeout(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)).LockWait(TimeSpan.FromMilliseconds(100))
        );
        var late = await Assert.ThrowsAsync<MigrationFailedException>(() => Run.MigrateAsync(context, async: true));
        await using var impatient = new PlainContext(
            database.ConnectionString,
            o => o.LongTransaction(TimeSpan.FromMilliseconds(1))
        );
        var early = await Assert.ThrowsAsync<MigrationRefusedException>(() => Run.MigrateAsync(impatient, async: true));

        Assert.Matches(
            """
            In the way: the prepared transaction 'it's one' of user \S+, which no session has open: it waits for COMMIT PREPARED or ROLLBACK PREPARED for .+, holds AccessShareLock, we want AccessExclusiveLock on notes\.
            """,
            late.Message
        );
        Assert.Contains(
            "To do: end what is in the way (ROLLBACK PREPARED 'it''s one'; if it may be ended) or wait for it, and run again;",
            late.Message,
            StringComparison.Ordinal
        );
        Assert.Matches(
            """
            stands in the way:
              the prepared transaction 'it's one' of \S+, open for .+, holds a lock on notes

            State: nothing was changed\.
            To do: let it end, or end it: ROLLBACK PREPARED 'it''s one'; To wait
            """,
            early.Message
        );
        await using (var end = source.CreateCommand("ROLLBACK PREPARED 'it''s one'"))
        {
            await end.ExecuteNonQueryAsync(Cancellation);
        }

        await Run.MigrateAsync(context, async: true);
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
