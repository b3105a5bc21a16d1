using System.Text.Json;
using System.Text.RegularExpressions;
using MigrationSafety.Plan;
using MigrationSafety.Statements;
using MigrationSafety.TestMigrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Plan;

public class PlanTests(PostgresServer postgres)
{
    [Fact]
    public async Task It_says_what_would_run_and_changes_nothing()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using (var context = new MixedContext(database.ConnectionString))
        {
            await Run.MigrateAsync(context, async: true, "20260101000000_Tables");
        }

        var before = await Catalogs.ReadAsync(database.ConnectionString);
        var result = await Bundle.RunAsync(
            nameof(MixedContext),
            database.ConnectionString,
            "20260102000000_Indexes",
            0,
            "--plan"
        );

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Matches(
            """
            ^Plan [0-9a-f]{16} for database "\w+" at \S+ as \w+: 1 migration is applied\.

            Apply 20260102000000_Indexes
              in one transaction:
                ALTER TABLE pets ADD colour text
                    AccessExclusiveLock on pets \(about \d+ rows, \d+ kB\)
                UPDATE pets SET colour = 'black'
                    RowExclusiveLock on pets \(about \d+ rows, \d+ kB\)
              outside of a transaction:
                CREATE INDEX CONCURRENTLY "IX_pets_owner_id" ON pets \(owner_id\)
                    ShareUpdateExclusiveLock on pets \(about \d+ rows, \d+ kB\)
              outside of a transaction:
                CREATE UNIQUE INDEX CONCURRENTLY owners_email ON owners \(lower\(email\)\) WHERE email IS NOT NULL
                    ShareUpdateExclusiveLock on owners \(about \d+ rows, \d+ kB\)
              outside of a transaction:
                DROP INDEX CONCURRENTLY pets_born
                    ShareUpdateExclusiveLock on pets_born \(about \d+ rows, \d+ kB\)
                    ShareUpdateExclusiveLock on pets \(about \d+ rows, \d+ kB\)
              in one transaction:
                INSERT INTO owners VALUES \(1000, 'late@example\.org'\)
                    RowExclusiveLock on owners \(about \d+ rows, \d+ kB\)
              in one transaction:
                ALTER TABLE pets ADD weight integer
                    AccessExclusiveLock on pets \(about \d+ rows, \d+ kB\)
              in one transaction:
                INSERT INTO migrations\."__EFMigrationsHistory" .*
                    RowExclusiveLock on migrations\."__EFMigrationsHistory" .*

            Limits: waits for a lock 100 ms at first and 2 s at most, tries again for 10 min; a statement may take 30 s, outside of a transaction 4 h; waits 30 min for another run\.
            Nothing was changed\.
            To run exactly this: -- --expect-plan [0-9a-f]{16}
            Done\.
            $
            """,
            result.Output
        );
        Assert.Equal(before, await Catalogs.ReadAsync(database.ConnectionString));
    }

    [Fact]
    public async Task On_an_empty_database_not_even_the_history_table_is_made()
    {
        await using var database = await postgres.CreateDatabaseAsync();

        var result = await Bundle.RunAsync(nameof(PlainContext), database.ConnectionString, null, 0, "--plan=json");

        Assert.True(result.ExitCode == 0, result.ToString());
        using var json = JsonDocument.Parse(result.Output[..(result.Output.LastIndexOf('}') + 1)]);
        Assert.Equal(3, json.RootElement.GetProperty("migrations").GetArrayLength());
        Assert.Equal(2_000, json.RootElement.GetProperty("limits").GetProperty("lockTimeout").GetInt64());
        Assert.Equal("", await Catalogs.ReadAsync(database.ConnectionString));
    }

    [Fact]
    public async Task Only_the_expected_plan_runs()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var plan = await Bundle.RunAsync(nameof(PlainContext), database.ConnectionString, null, 0, "--plan");
        var digest = Regex.Match(plan.Output, "--expect-plan ([0-9a-f]{16})").Groups[1].Value;

        await using (var other = new PlainContext(database.ConnectionString, o => o.ExpectPlan("0123456789abcdef")))
        {
            var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
                Run.MigrateAsync(other, async: true)
            );
            Assert.Equal(
                $"""
                What would run now is plan {digest}, and only plan 0123456789abcdef may: since it was made, the migrations or what is applied have changed.

                State: nothing was changed.
                To do: look at the plan again (-- --plan), and run with its digest.
                """,
                exception.Message
            );
        }

        await using var expected = new PlainContext(database.ConnectionString, o => o.ExpectPlan(digest));
        await Run.MigrateAsync(expected, async: false);
        Assert.Equal(1, await Catalogs.ScalarAsync<int>(database.ConnectionString, "SELECT words FROM notes"));
    }

    [Fact]
    public async Task A_refused_plan_says_how_it_runs_all_the_same()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await LateAsync(database.ConnectionString);

        var plan = await Bundle.RunAsync(nameof(PlainContext), database.ConnectionString, null, 0, "--plan");

        var arguments = Regex.Match(
            plan.Output,
            "^To run exactly this, although it is refused as said below: -- (--allow-out-of-order --expect-plan [0-9a-f]{16})$",
            RegexOptions.Multiline
        );
        Assert.True(arguments.Success, plan.ToString());
        var run = await Bundle.RunAsync(
            nameof(PlainContext),
            database.ConnectionString,
            null,
            0,
            arguments.Groups[1].Value.Split(' ')
        );
        Assert.True(run.ExitCode == 0, run.ToString());
    }

    [Fact]
    public async Task Where_no_argument_lets_a_plan_run_none_is_named()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await LateAsync(database.ConnectionString);
        await Catalogs.ScalarAsync<int>(
            database.ConnectionString,
            "INSERT INTO migrations.\"__EFMigrationsHistory\" VALUES ('20990101000000_Newer', '10.0.0'); SELECT 1"
        );

        var plan = await Bundle.RunAsync(nameof(PlainContext), database.ConnectionString, null, 0, "--plan");

        Assert.Contains("Nothing was changed.", plan.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("To run exactly this", plan.Output, StringComparison.Ordinal);
    }

    // The second of three migrations is not applied, as after a merge.
    private static async Task LateAsync(string connectionString)
    {
        await using var context = new PlainContext(connectionString);
        await Run.MigrateAsync(context, async: true);
        await Catalogs.ScalarAsync<int>(
            connectionString,
            """
            ALTER TABLE notes DROP COLUMN author;
            DELETE FROM migrations."__EFMigrationsHistory" WHERE "MigrationId" LIKE '%Author';
            DELETE FROM migrations.applied_migration WHERE migration_id LIKE '%Author'; SELECT 1
            """
        );
    }

    [Fact]
    public async Task A_database_that_does_not_exist_is_not_created_for_a_plan()
    {
        var server = new NpgsqlConnectionStringBuilder(postgres.Server.ConnectionString) { Database = "no_such_plan" };
        await using var context = new PlainContext(server.ConnectionString, o => o.CreateDatabase().Plan());

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: false)
        );

        Assert.Equal("DatabaseDoesNotExist", exception.Id);
    }

    [Theory]
    [InlineData("CREATE INDEX i ON s.t (a)", "ShareLock s.t")]
    [InlineData("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY t (a)", "ShareUpdateExclusiveLock t")]
    [InlineData("ALTER TABLE IF EXISTS ONLY t ADD c int", "AccessExclusiveLock t")]
    [InlineData("ALTER TABLE t VALIDATE CONSTRAINT c", "ShareUpdateExclusiveLock t")]
    [InlineData(
        "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u NOT VALID",
        "ShareRowExclusiveLock t, ShareRowExclusiveLock u"
    )]
    [InlineData("CREATE TABLE n (a text REFERENCES s.u (id))", "ShareRowExclusiveLock s.u")]
    [InlineData(
        "CREATE TABLE n (a text, b text, c text, d text, e text, f text, g text, h text, CONSTRAINT k FOREIGN KEY (a) REFERENCES u (id), i int REFERENCES \"V\")",
        "ShareRowExclusiveLock u, ShareRowExclusiveLock \"V\""
    )]
    [InlineData("CREATE TABLE n (a text)", "")]
    [InlineData("DROP TABLE IF EXISTS t", "AccessExclusiveLock t")]
    [InlineData("TRUNCATE t", "AccessExclusiveLock t")]
    [InlineData("CREATE POLICY p ON t FOR SELECT USING (true)", "AccessExclusiveLock t")]
    [InlineData("UPDATE t SET a = 1", "RowExclusiveLock t")]
    [InlineData("VACUUM t", "ShareUpdateExclusiveLock t")]
    [InlineData("SELECT 1", "")]
    public void The_locks_of_a_statement_are_PostgreSQLs(string sql, string expected)
    {
        var taken = StatementLock.AllOf(SqlScanner.Split(sql)[0]);

        Assert.Equal(expected, string.Join(", ", taken.Select(t => $"{t.Mode} {t.Relation}")));
    }
}
