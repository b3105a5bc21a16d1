using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.TestMigrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Failures;

public class StatementFailureTests(PostgresServer postgres)
{
    // The test's own SQL, one for each database: what PostgreSQL says of it alone does not tell what to do.
    [Theory]
    [InlineData("VACUUM things;", "give it a call of its own: migrationBuilder.Sql(\"…;\", suppressTransaction: true)")]
    [InlineData(
        "ALTER TYPE mood ADD VALUE 'glad'; UPDATE things SET mood = 'glad';",
        "put ALTER TYPE … ADD VALUE into a migration before this one"
    )]
    [InlineData("DROP TABLE things;", "find out what depends on it: 'Include Error Detail=true'")]
    [InlineData(
        "ALTER TABLE things ALTER COLUMN a TYPE bigint;",
        "drop the view in the migration, before this statement"
    )]
    [InlineData("ALTER TABLE things ALTER COLUMN name TYPE int;", "say how the values are converted")]
    [InlineData(
        "ALTER TABLE things ALTER COLUMN name TYPE int USING name::int;",
        "a value, in the table or in the statement"
    )]
    [InlineData("CREATE EXTENSION nonesuch;", "whoever runs the server has to install the extension's files first")]
    [InlineData("CREATE TABLE more (id int);\n\\d more", "a line that begins with \\ is a command of psql's")]
    [InlineData("ALTER TABLE things ADD CHECK (a > 100);", "rows in the table break the constraint")]
    [InlineData(
        "ALTER TABLE things ADD UNIQUE (name); INSERT INTO things VALUES (2, 'one');",
        "the command itself writes a key that is there already, or writes one twice: things_name_key of public.things. 'Include Error Detail=true'"
    )]
    [InlineData(
        "ALTER TABLE things ADD UNIQUE (name); DO $$ BEGIN INSERT INTO things VALUES (2, 'two'); UPDATE things SET name = 'two'; END $$;",
        "the command itself writes a key that is there already"
    )]
    [InlineData(
        "INSERT INTO things SELECT * FROM things; ALTER TABLE things ADD UNIQUE (a);",
        "rows in the table are not unique."
    )]
    [InlineData(
        "CREATE PROCEDURE pc() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$; CALL pc();",
        "what it runs has a COMMIT or ROLLBACK of its own"
    )]
    [InlineData("COPY things FROM STDIN;", "write the rows as INSERT INTO … VALUES (…), (…);")]
    [InlineData("COPY things TO STDOUT;", "take it out of the migration")]
    public async Task What_to_do_is_said_of_a_failure_that_is_known(string sql, string toDo)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await Catalogs.ScalarAsync<int>(
            database.ConnectionString,
            """
            CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE things (a int, name text, mood mood);
            INSERT INTO things VALUES (1, 'one', 'sad'); CREATE VIEW numbers AS SELECT a FROM things; SELECT 1
            """
        );
        FailingContext.Sql.Value = sql;
        await using var context = new FailingContext(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.Contains($"\nTo do: {toDo}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_a_command_writes_twice_is_named_where_the_detail_may_be_shown()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        FailingContext.Sql.Value = "CREATE TABLE lone (id int PRIMARY KEY); INSERT INTO lone VALUES (1), (1);";
        await using var context = new FailingContext(database.ConnectionString + ";Include Error Detail=true");

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.EndsWith(
            "To do: the command itself writes a key that is there already, or writes one twice: lone_pkey of public.lone. Key (id)=(1) already exists. "
                + "Correct the command, or pass over such rows (INSERT … ON CONFLICT DO NOTHING), then run again.",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    private sealed class FailingContext(string connectionString) : TestsContext(connectionString)
    {
        public static AsyncLocal<string> Sql { get; } = new();

        [DbContext(typeof(FailingContext))]
        [Migration("20260101000000_Fails")]
        public sealed class Fails : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Sql.Value!);
        }
    }

    [Fact]
    public async Task A_full_disk_is_said_without_sending_anybody_to_delete_the_wal()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new FullDiskContext(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.Equal("DiskFull", exception.Id);
        Assert.Contains(
            "To do: the server's disk is full. Make it larger, or make room: old log files",
            exception.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("Never delete files in pg_wal.", exception.Message, StringComparison.Ordinal);
    }

    private sealed class FullDiskContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(FullDiskContext))]
        [Migration("20260101000000_Full")]
        public sealed class Full : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql(
                    "DO $$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;"
                );
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failed_statement_is_shown_with_a_caret_and_nothing_of_its_migration_is_left(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new BrokenContext(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() => Run.MigrateAsync(context, async));

        Assert.Equal(
            """
            Applying 20260102000000_Typo failed at command 2 of 3: type "intt" does not exist (42704).

              2 | ALTER TABLE things
              3 |     ADD COLUMN a int,
              4 |     ADD COLUMN b intt;
                                   ^

            State: Applied in this run: 20260101000000_Things. 20260102000000_Typo is not applied, and nothing of it is left: its transaction was rolled back.
            To do: correct the migration or what the message names, then run again.
            """,
            exception.Message
        );
        Assert.Equal(
            1L,
            await Catalogs.ScalarAsync<long>(
                database.ConnectionString,
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            )
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_unique_index_over_duplicates_leaves_no_invalid_index(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new DuplicatesContext(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() => Run.MigrateAsync(context, async));

        Assert.Equal(
            """
            Applying 20260101000000_Duplicates failed at command 2 of 3: could not create unique index "things_name" (23505).

              1 | CREATE UNIQUE INDEX CONCURRENTLY things_name ON things (name);

            State: 20260101000000_Duplicates is applied in part: 1 of its 3 commands are committed and recorded; the next run goes on with the one after them. The invalid index public.things_name that the failed build left was dropped.
            To do: rows in the table are not unique. Find them (GROUP BY … HAVING count(*) > 1), correct them, then run again. 'Include Error Detail=true' in the connection string shows the first one.
            """,
            exception.Message
        );
        Assert.Equal(
            0L,
            await Catalogs.ScalarAsync<long>(
                database.ConnectionString,
                "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
            )
        );

        await Catalogs.ScalarAsync<int>(database.ConnectionString, "DELETE FROM things WHERE id = 2; SELECT 1");
        await Run.MigrateAsync(context, async);
        Assert.True(
            await Catalogs.ScalarAsync<bool>(
                database.ConnectionString,
                "SELECT indisvalid FROM pg_index WHERE indexrelid = 'things_name'::regclass"
            )
        );
    }

    [Fact]
    public async Task An_empty_down_says_what_stays_and_so_does_the_next_up()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var log = new LogLines();
        await using var context = new OneWayContext(database.ConnectionString) { Further = log.AddTo };
        await Run.MigrateAsync(context, async: true);

        await Run.MigrateAsync(context, async: true, "0");
        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.Contains(
            log.Lines,
            line =>
                line.Contains(
                    "The Down of 20260101000000_OneWay is empty: what its Up made stays in the database, and applying it again will meet it.",
                    StringComparison.Ordinal
                )
        );
        Assert.Equal(
            """
            Applying 20260101000000_OneWay failed at command 1 of 2: relation "things" already exists (42P07).

              1 | CREATE TABLE things (id int);

            State: 20260101000000_OneWay is not applied, and nothing of it is left: its transaction was rolled back.
            To do: it was made by hand, by another tool, or by an earlier Up whose Down left it. If it may go, drop it and run again; if it is what the migration would make and is in use, take the command out of the migration and build again.
            """,
            exception.Message
        );
    }

    [Fact]
    public async Task A_missing_privilege_that_only_the_server_could_see_is_named_with_its_grant()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(postgres);
        await Catalogs.ScalarAsync<int>(
            database.ConnectionString,
            $"CREATE SCHEMA migrations AUTHORIZATION {role.Name}; SELECT 1"
        );
        await using var context = new HiddenContext(role.Connect(new(database.ConnectionString)).ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            Run.MigrateAsync(context, async: false)
        );

        Assert.Equal("PrivilegeMissing", exception.Id);
        Assert.StartsWith(
            "Applying 20260101000000_Hidden failed at command 1 of 2: permission denied for schema public (42501).",
            exception.Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"GRANT USAGE, CREATE ON SCHEMA public TO {role.Name};",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Without_the_right_to_make_the_history_schema_the_grant_is_named()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(postgres);
        await using var context = new PlainContext(role.Connect(new(database.ConnectionString)).ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.Contains(
            $"GRANT CREATE ON DATABASE {database.Name} TO {role.Name};",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_password_in_a_statement_is_not_shown()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new SecretContext(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.Contains("PASSWORD **********", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", exception.Message, StringComparison.Ordinal);
    }

    private sealed class BrokenContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(BrokenContext))]
        [Migration("20260101000000_Things")]
        public sealed class Things : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("CREATE TABLE things (id int);");
        }

        [DbContext(typeof(BrokenContext))]
        [Migration("20260102000000_Typo")]
        public sealed class Typo : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder)
            {
                migrationBuilder.Sql("CREATE TABLE others (id int);");
                migrationBuilder.Sql("SELECT 1;\nALTER TABLE things\n    ADD COLUMN a int,\n    ADD COLUMN b intt;");
            }
        }
    }

    private sealed class OneWayContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(OneWayContext))]
        [Migration("20260101000000_OneWay")]
        public sealed class OneWay : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("CREATE TABLE things (id int);");

            protected override void Down(MigrationBuilder migrationBuilder) { }
        }
    }

    private sealed class DuplicatesContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(DuplicatesContext))]
        [Migration("20260101000000_Duplicates")]
        public sealed class Duplicates : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder)
            {
                migrationBuilder.Sql(
                    "CREATE TABLE things (id int, name text); INSERT INTO things VALUES (1, 'a'), (2, 'a');"
                );
                migrationBuilder.Sql(
                    "CREATE UNIQUE INDEX CONCURRENTLY things_name ON things (name);",
                    suppressTransaction: true
                );
            }
        }
    }

    private sealed class HiddenContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(HiddenContext))]
        [Migration("20260101000000_Hidden")]
        public sealed class Hidden : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("DO $$ BEGIN CREATE TABLE hidden (id int); END $$;");
        }
    }

    private sealed class SecretContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(SecretContext))]
        [Migration("20260101000000_Secret")]
        public sealed class Secret : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("CREATE ROLE postgres PASSWORD 'hunter2!';");
        }
    }
}
