using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.TestMigrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Guards;

/// <summary>What is wrong in the database itself is said before any migration runs.</summary>
public class DatabaseStateGuardTests(PostgresServer postgres)
{
    private static Task ExecuteAsync(string connectionString, string sql) =>
        Catalogs.ScalarAsync<int>(connectionString, sql + "; SELECT 1");

    [Fact]
    public async Task Every_missing_privilege_is_listed_at_once()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using (var owner = new PlainContext(database.ConnectionString))
        {
            await Run.MigrateAsync(owner, async: true, "20260101000000_Notes");
        }

        await using var role = await TestRole.CreateAsync(postgres);
        await ExecuteAsync(
            database.ConnectionString,
            $"""
            GRANT USAGE ON SCHEMA migrations TO {role.Name}; GRANT SELECT ON ALL TABLES IN SCHEMA migrations TO {role.Name};
            DELETE FROM migrations."__EFMigrationsHistory"; DELETE FROM migrations.applied_migration; DROP TABLE notes;
            CREATE TABLE notes_of_another (id int); ALTER TABLE notes_of_another RENAME TO notes
            """
        );
        await using var context = new PlainContext(role.Connect(new(database.ConnectionString)).ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: false)
        );

        Assert.Equal(
            $"""
            {role.Name} may not do all that these migrations need. Missing:
              INSERT on migrations."__EFMigrationsHistory": GRANT INSERT ON migrations."__EFMigrationsHistory" TO {role.Name};
              INSERT, UPDATE on migrations.applied_migration: GRANT INSERT, UPDATE ON migrations.applied_migration TO {role.Name};
              INSERT, UPDATE, DELETE on migrations.unfinished_migration: GRANT INSERT, UPDATE, DELETE ON migrations.unfinished_migration TO {role.Name};
              CREATE on schema public: GRANT USAGE, CREATE ON SCHEMA public TO {role.Name};
              ownership of notes: ALTER TABLE notes OWNER TO {role.Name};

            State: nothing was changed.
            To do: as a superuser or the owner, run the statements above, then run again; or run as the role that owns the schema.
            """,
            exception.Message
        );
    }

    [Fact]
    public async Task An_owner_who_is_no_superuser_may_be_shared()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using (var first = new PlainContext(database.ConnectionString))
        {
            await Run.MigrateAsync(first, async: true, "20260101000000_Notes");
        }

        await using var owner = await TestRole.CreateAsync(postgres);
        await using var role = await TestRole.CreateAsync(postgres);
        await ExecuteAsync(
            database.ConnectionString,
            $"""
            GRANT USAGE ON SCHEMA migrations TO {role.Name};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA migrations TO {role.Name};
            ALTER TABLE notes OWNER TO {owner.Name}
            """
        );
        await using var context = new PlainContext(role.Connect(new(database.ConnectionString)).ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: false)
        );

        Assert.Contains(
            $"Missing:\n  ownership of notes: GRANT {owner.Name} TO {role.Name};\n\nState",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("20260101000000_Notes", "DELETE")]
    [InlineData(null, "INSERT")]
    public async Task What_records_the_migrations_is_looked_at_where_a_migration_changes_its_role(
        string? target,
        string privilege
    )
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using (var owner = new RoleContext(database.ConnectionString))
        {
            await Run.MigrateAsync(owner, async: true, target is null ? "20260101000000_Notes" : null);
        }

        await using var role = await TestRole.CreateAsync(postgres);
        await ExecuteAsync(
            database.ConnectionString,
            $"""
            GRANT USAGE ON SCHEMA migrations TO {role.Name};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA migrations TO {role.Name};
            REVOKE {privilege} ON migrations."__EFMigrationsHistory" FROM {role.Name}
            """
        );
        await using var context = new RoleContext(role.Connect(new(database.ConnectionString)).ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: false, target)
        );

        Assert.Equal(
            $"""
            {role.Name} may not do all that these migrations need. Missing:
              {privilege} on migrations."__EFMigrationsHistory": GRANT {privilege} ON migrations."__EFMigrationsHistory" TO {role.Name};

            State: nothing was changed.
            To do: as a superuser or the owner, run the statements above, then run again; or run as the role that owns the schema.
            """,
            exception.Message
        );
    }

    [Fact]
    public async Task A_journal_that_may_not_be_made_is_told_with_the_rest()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(postgres);
        await ExecuteAsync(
            database.ConnectionString,
            $"CREATE SCHEMA migrations; GRANT USAGE ON SCHEMA migrations TO {role.Name}"
        );
        await using var context = new PlainContext(role.Connect(new(database.ConnectionString)).ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: false)
        );

        Assert.Contains(
            $"""
            Missing:
              CREATE on schema migrations: GRANT USAGE, CREATE ON SCHEMA migrations TO {role.Name};
              CREATE on schema public: GRANT USAGE, CREATE ON SCHEMA public TO {role.Name};

            State
            """,
            exception.Message,
            StringComparison.Ordinal
        );
    }

    private sealed class RoleContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(RoleContext))]
        [Migration("20260101000000_Notes")]
        public sealed class Notes : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("SELECT 1;");

            protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("SELECT 1;");
        }

        [DbContext(typeof(RoleContext))]
        [Migration("20260102000000_AsAnother")]
        public sealed class AsAnother : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("SET LOCAL ROLE pg_monitor; SELECT 1;");

            protected override void Down(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("SET LOCAL ROLE pg_monitor;");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Invalid_index_left_behind(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await Run.MigrateAsync(context, async, "20260102000000_Author");
        await ExecuteAsync(
            database.ConnectionString,
            "CREATE INDEX notes_body ON notes (body); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'notes_body'::regclass"
        );

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() => Run.MigrateAsync(context, async));

        Assert.Equal("InvalidIndex", exception.Id);
        Assert.Contains(
            "has an invalid index, left by a build that failed: public.notes_body on notes. Every write pays for it, no query uses it, and a "
                + "unique one guarantees nothing.\n\nState: nothing was changed.\nTo do: build it again or drop it, then run again:\n"
                + "  REINDEX INDEX CONCURRENTLY public.notes_body;   -- or: DROP INDEX CONCURRENTLY public.notes_body;",
            exception.Message,
            StringComparison.Ordinal
        );
        await ExecuteAsync(database.ConnectionString, "REINDEX INDEX notes_body");
        await Run.MigrateAsync(context, async);
    }

    /// <summary>Whether the pending statement, run, leaves an invalid index is what PostgreSQL says; the guard has to say the same before.</summary>
    [Theory]
    [InlineData("CREATE INDEX CONCURRENTLY lone_x ON lone (x)", true)]
    [InlineData("CREATE INDEX CONCURRENTLY IF NOT EXISTS Lone_X ON public.lone (x)", true)]
    [InlineData("CREATE TABLE clone_xy (x int)", false)]
    [InlineData("CREATE INDEX CONCURRENTLY lone_xy ON lone (x)", false)]
    [InlineData("DROP INDEX CONCURRENTLY lone_x", true)]
    [InlineData("DROP INDEX other.lone_x", false)]
    [InlineData("DROP TABLE lone", true)]
    [InlineData("REINDEX INDEX CONCURRENTLY lone_x", true)]
    [InlineData("REINDEX INDEX lone_x", true)]
    [InlineData("REINDEX INDEX lone_pkey", false)]
    [InlineData("REINDEX TABLE lone", true)]
    [InlineData("REINDEX TABLE CONCURRENTLY lone", false)]
    [InlineData("REINDEX TABLE other.lone", false)]
    [InlineData("REINDEX SCHEMA public", true)]
    [InlineData("REINDEX SCHEMA other", false)]
    [InlineData("REINDEX SCHEMA CONCURRENTLY public", false)]
    [InlineData("REINDEX (VERBOSE, CONCURRENTLY) TABLE lone", false)]
    public async Task Invalid_index_is_forgiven_only_where_the_run_mends_it(string pending, bool mends)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await ExecuteAsync(
            database.ConnectionString,
            """
            CREATE TABLE lone (id int PRIMARY KEY, x int); CREATE INDEX lone_x ON lone (x);
            CREATE SCHEMA other CREATE TABLE other.lone (x int) CREATE INDEX lone_x ON other.lone (x);
            UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.lone_x'::regclass
            """
        );
        PendingContext.Sql.Value = pending;
        await using var context = new PendingContext(database.ConnectionString);

        var exception = await Record.ExceptionAsync(() => Run.MigrateAsync(context, async: true));

        Assert.Equal(mends ? null : "InvalidIndex", (exception as MigrationRefusedException)?.Id);
        if (!mends)
        {
            await using var unguarded = new NpgsqlConnection(database.ConnectionString);
            await unguarded.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = new NpgsqlCommand(pending, unguarded);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(
            !mends,
            await Catalogs.ScalarAsync<bool>(
                database.ConnectionString,
                "SELECT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid)"
            )
        );
    }

    [Theory]
    [InlineData("REINDEX TABLE CONCURRENTLY lone", true)]
    [InlineData("REINDEX INDEX CONCURRENTLY lone_x", true)]
    [InlineData("REINDEX INDEX CONCURRENTLY lone_pkey", false)]
    [InlineData("REINDEX INDEX lone_x", false)]
    public async Task What_a_broken_off_reindex_left_is_forgiven_where_the_next_one_drops_it(string pending, bool mends)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await ExecuteAsync(
            database.ConnectionString,
            """
            CREATE TABLE lone (id int PRIMARY KEY, x int); CREATE INDEX lone_x ON lone (x); CREATE INDEX lone_x_ccnew ON lone (x);
            UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'lone_x_ccnew'::regclass
            """
        );
        PendingContext.Sql.Value = pending;
        await using var context = new PendingContext(database.ConnectionString);

        var exception = await Record.ExceptionAsync(() => Run.MigrateAsync(context, async: true));

        Assert.Equal(mends ? null : "InvalidIndex", (exception as MigrationRefusedException)?.Id);
        Assert.Equal(
            !mends,
            await Catalogs.ScalarAsync<bool>(
                database.ConnectionString,
                "SELECT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid)"
            )
        );
    }

    private sealed class PendingContext(string connectionString) : TestsContext(connectionString)
    {
        public static AsyncLocal<string> Sql { get; } = new();

        [DbContext(typeof(PendingContext))]
        [Migration("20260101000000_Pending")]
        public sealed class Pending : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql(Sql.Value!, suppressTransaction: true);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Transaction_open_for_long_that_holds_the_table(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using (var first = new PlainContext(database.ConnectionString))
        {
            await Run.MigrateAsync(first, async, "20260101000000_Notes");
        }

        await using var connection = new NpgsqlConnection(
            database.ConnectionString + ";Application Name=a report;Pooling=false"
        );
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var read = new NpgsqlCommand("SELECT * FROM notes", connection, transaction))
        {
            await read.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await using var context = new PlainContext(
            database.ConnectionString,
            o => o.LongTransaction(TimeSpan.FromMilliseconds(1))
        );

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() => Run.MigrateAsync(context, async));

        Assert.Matches(
            $"""
            ^A transaction that has been open for more than 1 ms stands in the way:
              pid {connection.ProcessID}, user \S+, application "a report", idle in transaction, open for .+, holds a lock on notes

            State: nothing was changed\.
            To do: let it end, or end it: SELECT pg_terminate_backend\({connection.ProcessID}\); To wait for it instead: -- --long-transaction 12h$
            """,
            exception.Message
        );
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        await Run.MigrateAsync(context, async);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Less_free_disk_than_a_rewrite_needs(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await ExecuteAsync(
            database.ConnectionString,
            """
            CREATE TABLE numbers (id int, name varchar(20)); INSERT INTO numbers SELECT i, i FROM generate_series(1, 50000) i;
            ANALYZE numbers
            """
        );
        await using var small = new RewritingContext(
            database.ConnectionString,
            o => o.UseArguments(MigrationSafetyArguments.Parse(["--free-disk", "1.5MB"]))
        );

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() => Run.MigrateAsync(small, async));

        Assert.Matches(
            """
            ^This run needs about 4(\.\d)? MB of disk more than database "\w+" at \S+ as \w+ takes now, and 1\.5 MB are free \(--free-disk\)\. A server whose disk is full stops for everyone\.
              20260101000000_Wider: ALTER TABLE numbers ALTER COLUMN id TYPE bigint
                writes numbers anew: 2(\.\d)? MB, and up to 2(\.\d)? MB of WAL

            State: nothing was changed\.
            To do: make room on the disk of the server's data, then run again with what is free then: -- --free-disk 4(\.\d)?MB\. Or take the rewrite apart: a new column, filled in batches, takes the old one's place\.$
            """,
            exception.Message
        );

        await using var enough = new RewritingContext(database.ConnectionString, o => o.FreeDisk(6 << 20));
        await Run.MigrateAsync(enough, async);
    }

    private sealed class RewritingContext(
        string connectionString,
        Action<MigrationSafetyOptionsBuilder>? configure = null
    ) : TestsContext(connectionString, configure)
    {
        [DbContext(typeof(RewritingContext))]
        [Migration("20260101000000_Wider")]
        public sealed class Wider : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder)
            {
                migrationBuilder.AlterColumn<string>("name", "numbers", "text", oldType: "character varying(20)");
                migrationBuilder.Sql("ALTER TABLE numbers ADD state int NOT NULL DEFAULT 0;");
                migrationBuilder.Sql("ALTER TABLE numbers ALTER COLUMN id TYPE bigint;");
            }
        }
    }
}
