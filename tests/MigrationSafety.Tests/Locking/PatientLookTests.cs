using LocalPostgres;
using MigrationSafety.TestMigrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Locking;

/// <summary>The guards read tables, which somebody else may have for himself.</summary>
public class PatientLookTests(PostgresServer postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_table_that_is_locked_against_readers_is_waited_for_and_it_is_said_by_whom(bool async)
    {
        await using var database = await NotesAsync();
        await using var holder = await LockingAsync(database.ConnectionString);
        var pid = holder.Connection!.ProcessID;
        var log = new LogLines();
        // Less than what the look waits: Npgsql's own limit is for the application's queries.
        await using var context = new PlainContext(database.ConnectionString + ";Command Timeout=1")
        {
            Further = log.AddTo,
        };

        var run = Task.Run(() => Run.MigrateAsync(context, async, "20260102000000_Author"), Cancellation);
        var said = log.SeenAsync("Looking at the database before the run waits for a lock");
        if (await Task.WhenAny(run, said) == run)
        {
            await run;
        }

        await holder.RollbackAsync(Cancellation);
        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() => run);

        Assert.Equal("DataLoss", exception.Id);
        Assert.Contains("notes.words: 1 of 1 rows hold a value", exception.Message, StringComparison.Ordinal);
        Assert.Contains(
            log.Lines,
            line =>
                line.Contains($"In the way: pid {pid}, user ", StringComparison.Ordinal)
                && line.Contains(
                    "holds AccessExclusiveLock, we want AccessShareLock on notes",
                    StringComparison.Ordinal
                )
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_it_stays_locked_the_run_ends_and_says_by_whom(bool async)
    {
        await using var database = await NotesAsync();
        await using var holder = await LockingAsync(database.ConnectionString);
        await using var context = new PlainContext(
            database.ConnectionString,
            o => o.LockWait(TimeSpan.FromMilliseconds(100))
        );

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            Run.MigrateAsync(context, async, "20260102000000_Author")
        );

        Assert.Matches(
            $"""
            ^The database could not be looked at before the run within 100 ms: another session has locked a table against readers too \(55P03\)\.
            In the way: pid {holder.Connection!.ProcessID}, user \S+, application "somebody", idle in transaction, transaction open for .+, holds AccessExclusiveLock, we want AccessShareLock on notes, query: LOCK TABLE notes\.

            State: nothing was changed\.
            To do: end what is in the way \(SELECT pg_terminate_backend\({holder.Connection.ProcessID}\); if it may be ended\) or wait for it, and run again; -- --lock-wait 1h waits for longer\.$
            """,
            exception.Message
        );
        Assert.Equal(
            0L,
            await Catalogs.ScalarAsync<long>(
                database.ConnectionString,
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        );
    }

    // EF Core reads it, not the rails.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_has_locked_the_history_is_said(bool async)
    {
        await using var database = await NotesAsync();
        await using var holder = await LockingAsync(database.ConnectionString, "migrations.\"__EFMigrationsHistory\"");
        await using var context = new PlainContext(
            database.ConnectionString,
            o => o.LockWait(TimeSpan.FromMilliseconds(100))
        );

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() => Run.MigrateAsync(context, async));

        Assert.Contains(
            $"\nIn the way: pid {holder.Connection!.ProcessID}, ",
            exception.Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "we want AccessShareLock on migrations.\"__EFMigrationsHistory\"",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_role_that_may_not_read_the_history_is_told_so_with_all_it_needs(bool async)
    {
        await using var database = await NotesAsync();
        await using var role = await TestRole.CreateAsync(postgres);
        await using var context = new PlainContext(role.Connect(new(database.ConnectionString)).ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() => Run.MigrateAsync(context, async));

        Assert.Equal(
            $"""
            {role.Name} may not read what records the migrations: permission denied for schema migrations (42501). It is probably not the role that applied those before.

            State: nothing was changed.
            To do: run as the role that owns the tables (SELECT tableowner, tablename FROM pg_tables WHERE tablename = '__EFMigrationsHistory';). Or, as that role or a superuser:
              GRANT USAGE, CREATE ON SCHEMA migrations TO {role.Name};
              GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA migrations TO {role.Name};
            """,
            exception.Message
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_roles_own_short_limits_do_not_end_the_look(bool async)
    {
        await using var database = await NotesAsync();
        await using var context = new PlainContext(database.ConnectionString + ";Options=-c statement_timeout=300ms");
        await using var holder = await LockingAsync(database.ConnectionString);

        var run = Task.Run(() => Run.MigrateAsync(context, async, "20260102000000_Author"), Cancellation);
        await Catalogs.UntilAsync(
            database.ConnectionString,
            """
            SELECT EXISTS (
                SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                  AND query_start < now() - interval '0.5 s')
            """,
            run
        );

        await holder.RollbackAsync(Cancellation);
        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() => run);
        Assert.Contains("notes.words: 1 of 1 rows hold a value", exception.Message, StringComparison.Ordinal);
    }

    private async Task<TestDatabase> NotesAsync()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true);
        return database;
    }

    private static async Task<NpgsqlTransaction> LockingAsync(string connectionString, string table = "notes")
    {
        var connection = new NpgsqlConnection(connectionString + ";Application Name=somebody;Pooling=false");
        await connection.OpenAsync(Cancellation);
        var transaction = await connection.BeginTransactionAsync(Cancellation);
        await using var command = new NpgsqlCommand($"LOCK TABLE {table}", connection, transaction);
        await command.ExecuteNonQueryAsync(Cancellation);
        return transaction;
    }
}
