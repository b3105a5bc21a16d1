using LocalPostgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Execution;

/// <summary>
/// What a broken-off statement outside a transaction leaves half-way is finished or removed by the attempt that follows. A transaction that
/// reads holds the statement in its waiting phase, where it is broken off.
/// </summary>
public class RepeatableStepTests(PostgresServer postgres)
{
    private const string Migration = "20260101000000_Step";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_partition_detached_in_part_is_finalized(bool async)
    {
        await using var database = await PreparedAsync();
        await using var reader = await ReadingAsync(database, "measures");
        var log = new LogLines();
        await using var context = new DetachContext(database.ConnectionString) { Further = log.AddTo };

        var run = Task.Run(() => Run.MigrateAsync(context, async), Cancellation);
        await UntilAsync(database, "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhdetachpending)");
        await TerminateAsync(database, "DETACH");
        var seen = log.SeenAsync(
            "was detached from measures in part by an attempt that was broken off; that is finished now."
        );
        if (await Task.WhenAny(run, seen) == run)
        {
            await run;
            Assert.Fail("The run ended although the partition is still in use.");
        }

        await reader.CommitAsync(Cancellation);
        await run;

        Assert.Equal(
            "0 true 1",
            await Catalogs.ScalarAsync<string>(
                database.ConnectionString,
                """
                SELECT (SELECT count(*) FROM pg_inherits WHERE inhrelid = 'measures_2026'::regclass) || ' '
                    || (SELECT NOT relispartition FROM pg_class WHERE relname = 'measures_2026') || ' '
                    || (SELECT count(*) FROM migrations."__EFMigrationsHistory")
                """
            )
        );
    }

    [Fact]
    public async Task A_partition_detached_before_the_crash_is_left_alone()
    {
        await using var database = await PreparedAsync();
        await InDoubtAsync(database, "ALTER TABLE measures DETACH PARTITION measures_2026");
        await using var context = new DetachContext(database.ConnectionString);

        await Run.MigrateAsync(context, async: false);

        Assert.Equal(1L, await AppliedAsync(database));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_broken_off_reindex_leaves_is_dropped(bool async)
    {
        await using var database = await PreparedAsync();
        await using (var reader = await ReadingAsync(database, "notes"))
        {
            await using var first = new ReindexContext(
                database.ConnectionString,
                o => o.NonTransactionalTimeout(TimeSpan.FromMilliseconds(300))
            );
            var run = Task.Run(() => Run.MigrateAsync(first, async), Cancellation);
            await UntilAsync(
                database,
                """
                SELECT EXISTS (SELECT FROM pg_stat_activity
                    WHERE datname = current_database() AND state = 'active' AND query LIKE 'DROP INDEX CONCURRENTLY%')
                """
            );
            await reader.CommitAsync(Cancellation);
            var failed = await Assert.ThrowsAsync<MigrationFailedException>(() => run);
            Assert.Equal("StatementTimeout", failed.Id);
            Assert.Matches(
                @"What the failed REINDEX left invalid was dropped \(public\.notes_body_cc(new|old)\)\.",
                failed.Message
            );
        }

        // As a crash leaves it, beside what was dropped by the failed run itself.
        await LeaveAsync(database, "notes_body_ccnew1", "notes_body_ccold");
        await using var context = new ReindexContext(database.ConnectionString);

        await Run.MigrateAsync(context, async);

        Assert.Equal(
            "notes_body notes_pkey 1",
            await Catalogs.ScalarAsync<string>(
                database.ConnectionString,
                """
                SELECT (SELECT string_agg(indexrelid::regclass::text, ' ' ORDER BY indexrelid::regclass::text)
                        FROM pg_index WHERE indrelid = 'notes'::regclass AND indisvalid)
                    || ' ' || (SELECT count(*) FROM migrations."__EFMigrationsHistory")
                FROM (SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid)) AS nothing_invalid
                """
            )
        );
    }

    [Fact]
    public async Task An_index_that_another_table_was_left_with_is_not_dropped_by_a_reindex()
    {
        await using var database = await PreparedAsync();
        await ExecuteAsync(database, "CREATE INDEX others_body_ccnew ON others (body)");
        await LeaveAsync(database, "others_body_ccnew");
        await using var context = new ReindexContext(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: false)
        );

        Assert.Equal("InvalidIndex", exception.Id);
    }

    [Theory]
    [InlineData("CHECK (body <> 'no') NOT VALID", "FOREIGN KEY (other) REFERENCES others")]
    [InlineData("CHECK ((body <> 'no')) NOT VALID", "FOREIGN KEY (other) REFERENCES others (id) NOT VALID")]
    public async Task A_constraint_added_by_a_run_without_the_rails_is_kept_and_validated(string check, string foreign)
    {
        await using var database = await PreparedAsync();
        await ExecuteAsync(
            database,
            $"ALTER TABLE notes ADD CONSTRAINT notes_check {check}, ADD CONSTRAINT notes_other {foreign}"
        );
        await using var context = new ConstraintContext(database.ConnectionString);

        await Run.MigrateAsync(context, async: false);

        Assert.Equal(
            "notes_check true, notes_other true",
            await Catalogs.ScalarAsync<string>(
                database.ConnectionString,
                """
                SELECT string_agg(conname || ' ' || convalidated, ', ' ORDER BY conname) FROM pg_constraint
                WHERE conrelid = 'notes'::regclass AND contype IN ('c', 'f') AND to_regclass('migration_safety_copy') IS NULL
                """
            )
        );
    }

    [Fact]
    public async Task A_constraint_with_another_definition_is_refused()
    {
        await using var database = await PreparedAsync();
        await ExecuteAsync(database, "ALTER TABLE notes ADD CONSTRAINT notes_check CHECK (body <> 'yes')");
        await using var context = new ConstraintContext(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            Run.MigrateAsync(context, async: false)
        );

        Assert.Equal(
            """
            The constraint notes_check of notes exists already, with another definition than the migration's.

              is:     CHECK ((body <> 'yes'::text))
              wanted: CHECK ((body <> 'no'::text))

            State: nothing of this command was done.
            To do: if the existing constraint is not needed: ALTER TABLE notes DROP CONSTRAINT notes_check; then run again. Otherwise give the migration's constraint another name.
            """,
            exception.Message
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dropping_an_invalid_index_may_wait_longer_than_the_connections_command_time_out(bool async)
    {
        await using var database = await PreparedAsync();
        await ExecuteAsync(
            database,
            "CREATE INDEX notes_other ON notes (other); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'notes_other'::regclass"
        );
        await using var reader = await ReadingAsync(database, "notes");
        await using var context = new IndexContext(database.ConnectionString + ";Command Timeout=1");

        var run = Task.Run(() => Run.MigrateAsync(context, async), Cancellation);
        // A second of the client's, and half of one for its cancel request.
        await Catalogs.UntilAsync(
            database.ConnectionString,
            """
            SELECT EXISTS (
                SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
                  AND query LIKE 'DROP INDEX CONCURRENTLY%' AND query_start < now() - interval '1.5 s')
            """,
            run
        );

        await reader.CommitAsync(Cancellation);
        await run;
        Assert.Equal(
            "CREATE INDEX notes_other ON public.notes USING btree (other) true",
            await Catalogs.ScalarAsync<string>(
                database.ConnectionString,
                "SELECT pg_get_indexdef(indexrelid) || ' ' || indisvalid FROM pg_index WHERE indexrelid = 'notes_other'::regclass"
            )
        );
    }

    private Task<TestDatabase> PreparedAsync() =>
        postgres.Server.CreateDatabaseAsync(
            "repeatable steps",
            async (connectionString, _) =>
                await Catalogs.ScalarAsync<int>(
                    connectionString,
                    """
                    CREATE TABLE others (id int PRIMARY KEY, body text);
                    CREATE TABLE notes (id int PRIMARY KEY, body text, other int);
                    CREATE INDEX notes_body ON notes (body);
                    CREATE TABLE measures (at date, value int) PARTITION BY RANGE (at);
                    CREATE TABLE measures_2026 PARTITION OF measures FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
                    SELECT 1;
                    """
                ),
            Cancellation
        );

    private static async Task<NpgsqlTransaction> ReadingAsync(TestDatabase database, string table)
    {
        var connection = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        var transaction = await connection.BeginTransactionAsync(Cancellation);
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {table}", connection, transaction);
        await command.ExecuteScalarAsync(Cancellation);
        return transaction;
    }

    private static async Task UntilAsync(TestDatabase database, string condition)
    {
        while (!await Catalogs.ScalarAsync<bool>(database.ConnectionString, condition)) { }
    }

    private static async Task TerminateAsync(TestDatabase database, string word) =>
        Assert.Equal(
            1L,
            await Catalogs.ScalarAsync<long>(
                database.ConnectionString,
                $"""
                SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
                WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%{word}%'
                """
            )
        );

    private static async Task LeaveAsync(TestDatabase database, params string[] indexes)
    {
        foreach (var index in indexes)
        {
            await ExecuteAsync(
                database,
                $"""
                CREATE INDEX IF NOT EXISTS {index} ON notes (body);
                UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{index}'::regclass
                """
            );
        }
    }

    // What the journal holds after a crash between the statement and its record.
    private static async Task InDoubtAsync(TestDatabase database, string done)
    {
        await using (var context = new EmptyContext(database.ConnectionString))
        {
            await Run.MigrateAsync(context, async: true);
        }

        await ExecuteAsync(
            database,
            $"""
            {done};
            DELETE FROM migrations."__EFMigrationsHistory";
            INSERT INTO migrations.unfinished_migration
                (history_table, migration_id, direction, commands_committed, commands_committed_hash, command_count)
            VALUES ('migrations.__EFMigrationsHistory', '{Migration}', 'Up', 0,
                    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 2)
            """
        );
    }

    private static Task<long> AppliedAsync(TestDatabase database) =>
        Catalogs.ScalarAsync<long>(
            database.ConnectionString,
            """SELECT count(*) FROM migrations."__EFMigrationsHistory" """
        );

    private static Task ExecuteAsync(TestDatabase database, string sql) =>
        Catalogs.ScalarAsync<int>(database.ConnectionString, sql + "; SELECT 1");

    private sealed class DetachContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(DetachContext))]
        [Migration(Migration)]
        public sealed class Step : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("ALTER TABLE measures DETACH PARTITION measures_2026 CONCURRENTLY;", true);
        }
    }

    private sealed class ReindexContext(
        string connectionString,
        Action<MigrationSafetyOptionsBuilder>? configure = null
    ) : TestsContext(connectionString, configure)
    {
        [DbContext(typeof(ReindexContext))]
        [Migration(Migration)]
        public sealed class Step : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("REINDEX (VERBOSE) INDEX CONCURRENTLY notes_body;", true);
        }
    }

    private sealed class ConstraintContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(ConstraintContext))]
        [Migration(Migration)]
        public sealed class Step : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder)
            {
                migrationBuilder.Sql(
                    "ALTER TABLE notes ADD CONSTRAINT notes_check CHECK (body <> 'no') NOT VALID;",
                    true
                );
                migrationBuilder.Sql(
                    "ALTER TABLE notes ADD CONSTRAINT notes_other FOREIGN KEY (other) REFERENCES others NOT VALID;",
                    true
                );
                migrationBuilder.Sql("ALTER TABLE notes VALIDATE CONSTRAINT notes_check;", true);
                migrationBuilder.Sql("ALTER TABLE notes VALIDATE CONSTRAINT notes_check;", true);
                migrationBuilder.Sql("ALTER TABLE notes VALIDATE CONSTRAINT notes_other;", true);
            }
        }
    }

    private sealed class IndexContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(IndexContext))]
        [Migration(Migration)]
        public sealed class Step : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql(
                    "CREATE INDEX CONCURRENTLY notes_other ON notes (other)",
                    suppressTransaction: true
                );
        }
    }

    private sealed class EmptyContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(EmptyContext))]
        [Migration("20250101000000_Empty")]
        public sealed class Empty : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) { }
        }
    }
}
