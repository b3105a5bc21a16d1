using LocalPostgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Guards;

/// <summary>What a role lacks is said once, all of it, and before any of the migration's SQL.</summary>
public class PrivilegesGuardTests(PostgresServer postgres)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_lies_in_a_schema_that_may_not_be_used_is_listed_with_it(bool async)
    {
        await using var database = await DatabaseAsync();
        await using var role = await OwnerAsync(database);

        var exception = await RefusedAsync(
            database,
            role,
            """
            ALTER TABLE sec.a ADD b int;
            CREATE INDEX ON sec.b (id);
            CREATE TABLE sec.c (id int);
            ALTER TABLE other.d ALTER COLUMN id TYPE bigint;
            """,
            async
        );

        Assert.Equal(
            $"""
            {role.Name} may not do all that these migrations need. Missing:
              CREATE on schema sec: GRANT USAGE, CREATE ON SCHEMA sec TO {role.Name};
              USAGE on schema other: GRANT USAGE ON SCHEMA other TO {role.Name};
              ownership of other.d: ALTER TABLE other.d OWNER TO {role.Name};
              ownership of sec.a: ALTER TABLE sec.a OWNER TO {role.Name};
              ownership of sec.b: ALTER TABLE sec.b OWNER TO {role.Name};

            State: nothing was changed.
            To do: as a superuser or the owner, run the statements above, then run again; or run as the role that owns the schema.
            """,
            exception.Message
        );
        await Catalogs.ScalarAsync<int>(database.ConnectionString, Statements(exception.Message) + "SELECT 1");
        await MigrateAsync(database, role, "ALTER TABLE sec.a ADD b int; CREATE TABLE sec.c (id int);", async);
    }

    [Fact]
    public async Task The_plan_is_shown_with_what_is_missing_for_it()
    {
        await using var database = await DatabaseAsync();
        await using var role = await OwnerAsync(database);
        OwnerContext.Sql.Value = "ALTER TABLE sec.a ADD b int; INSERT INTO sec.b VALUES (1);";
        await using var context = new OwnerContext(
            role.Connect(new(database.ConnectionString)).ConnectionString,
            o => o.Plan(PlanOutput.Text)
        );

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.Equal("PrivilegesMissing", exception.Id);
        Assert.Contains("ownership of sec.a", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_migration_that_takes_another_role_is_looked_at_without_that_roles_rights()
    {
        await using var database = await DatabaseAsync();
        await using var role = await OwnerAsync(database, "NOINHERIT");
        await using var owner = await TestRole.CreateAsync(postgres);
        await Catalogs.ScalarAsync<int>(
            database.ConnectionString,
            $"ALTER SCHEMA sec OWNER TO {owner.Name}; ALTER TABLE sec.a OWNER TO {owner.Name}; GRANT {owner.Name} TO {role.Name}; SELECT 1"
        );

        // Only where a transaction is open, and may be seen, does it matter which tables the migration names.
        await using var other = new NpgsqlConnection(
            role.Connect(new(database.ConnectionString) { Pooling = false }).ConnectionString
        );
        await other.OpenAsync(TestContext.Current.CancellationToken);
        await using var transaction = await other.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var read = new NpgsqlCommand("SELECT FROM pg_class", other, transaction);
        await read.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        OwnerContext.Sql.Value = $"SET ROLE {owner.Name}; ALTER TABLE sec.a ADD b int;";
        await using var context = new OwnerContext(
            role.Connect(new(database.ConnectionString)).ConnectionString,
            o => o.LongTransaction(TimeSpan.FromTicks(10))
        );

        await Run.MigrateAsync(context, async: true);
    }

    [Fact]
    public async Task What_only_some_roles_may_do_is_said_before_anything_is_done()
    {
        await using var database = await DatabaseAsync();
        await using var role = await OwnerAsync(database);

        var exception = await RefusedAsync(
            database,
            role,
            """
            CREATE TABLE own (id int, note text);
            CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION nobody();
            CREATE PUBLICATION everything FOR ALL TABLES;
            CREATE PUBLICATION some FOR TABLE own;
            COPY own (id, note) FROM '/tmp/rows';
            COPY (SELECT id FROM own) TO '/tmp/rows';
            COPY own FROM PROGRAM 'cat /tmp/rows';
            CREATE EXTENSION IF NOT EXISTS file_fdw;
            CREATE EXTENSION IF NOT EXISTS plpgsql;
            CREATE EXTENSION nonesuch;
            """,
            async: true
        );

        Assert.Equal(
            $"""
            {role.Name} may not do all that these migrations need. Missing:
              the event trigger watch, which only a superuser may create: take it out of the migration, and run it as one
              the publication everything, of all tables there will be, which only a superuser may create: take it out of the migration, and run it as one
              the extension file_fdw, which only a superuser may create: CREATE EXTENSION IF NOT EXISTS file_fdw;
              COPY from a file on the server: GRANT pg_read_server_files TO {role.Name};
              COPY to a file on the server: GRANT pg_write_server_files TO {role.Name};
              COPY from or to a program on the server: GRANT pg_execute_server_program TO {role.Name};

            State: nothing was changed.
            To do: as a superuser or the owner, run the statements above, then run again; or run as the role that owns the schema.
            """,
            exception.Message
        );
    }

    // With a provider whose own superuser is no role of the customer's, others may do what PostgreSQL leaves to superusers.
    [Fact]
    public async Task Where_a_provider_has_rules_of_its_own_the_server_decides()
    {
        await using var server = await ThrowAwayServer.StartAsync(
            new ThrowAwayServerOptions(),
            TestContext.Current.CancellationToken
        );
        await using var database = await server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await Catalogs.ScalarAsync<int>(
            database.ConnectionString,
            $"""
            CREATE ROLE rds_superuser; CREATE ROLE own LOGIN PASSWORD 'Secret!';
            ALTER DATABASE {database.Name} OWNER TO own; ALTER SCHEMA public OWNER TO own; SELECT 1
            """
        );
        OwnerContext.Sql.Value = "CREATE PUBLICATION everything FOR ALL TABLES;";
        await using var context = new OwnerContext(database.ConnectionString + ";Username=own;Password=Secret!");

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.StartsWith(
            "Applying 20260101000000_Owned failed at command 1 of 2: ",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("COPY own FROM ''/tmp/rows''", "pg_read_server_files")]
    [InlineData("COPY own TO ''/tmp/rows''", "pg_write_server_files")]
    [InlineData("COPY own TO PROGRAM ''cat''", "pg_execute_server_program")]
    public async Task A_copy_that_only_the_server_could_see_is_answered_with_its_grant(string copy, string grant)
    {
        await using var database = await DatabaseAsync();
        await using var role = await OwnerAsync(database);

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            MigrateAsync(
                database,
                role,
                $"CREATE TABLE own (id int); DO $$ BEGIN EXECUTE '{copy}'; END $$;",
                async: true
            )
        );

        Assert.Contains(
            $"To do: as a superuser: GRANT {grant} TO {role.Name};",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    private async Task<TestDatabase> DatabaseAsync()
    {
        var database = await postgres.CreateDatabaseAsync();
        await Catalogs.ScalarAsync<int>(
            database.ConnectionString,
            """
            CREATE SCHEMA sec; CREATE TABLE sec.a (id int); CREATE TABLE sec.b (id int);
            CREATE SCHEMA other; CREATE TABLE other.d (id int); SELECT 1
            """
        );
        return database;
    }

    private async Task<TestRole> OwnerAsync(TestDatabase database, string attributes = "")
    {
        var role = await TestRole.CreateAsync(postgres, attributes);
        await Catalogs.ScalarAsync<int>(
            database.ConnectionString,
            $"ALTER DATABASE {database.Name} OWNER TO {role.Name}; ALTER SCHEMA public OWNER TO {role.Name}; SELECT 1"
        );
        return role;
    }

    private static string Statements(string message) =>
        string.Concat(
            message
                .Split('\n')
                .Where(line => line.StartsWith("  ", StringComparison.Ordinal))
                .Select(line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..])
        );

    private static async Task MigrateAsync(TestDatabase database, TestRole role, string sql, bool async)
    {
        OwnerContext.Sql.Value = sql;
        await using var context = new OwnerContext(role.Connect(new(database.ConnectionString)).ConnectionString);
        await Run.MigrateAsync(context, async);
    }

    private static Task<MigrationRefusedException> RefusedAsync(
        TestDatabase database,
        TestRole role,
        string sql,
        bool async
    ) => Assert.ThrowsAsync<MigrationRefusedException>(() => MigrateAsync(database, role, sql, async));

    private sealed class OwnerContext(string connectionString, Action<MigrationSafetyOptionsBuilder>? configure = null)
        : TestsContext(connectionString, configure)
    {
        public static AsyncLocal<string> Sql { get; } = new();

        [DbContext(typeof(OwnerContext))]
        [Migration("20260101000000_Owned")]
        public sealed class Owned : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Sql.Value!);
        }
    }
}
