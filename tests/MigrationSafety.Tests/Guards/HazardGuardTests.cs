using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Xunit;

namespace MigrationSafety.Tests.Guards;

/// <summary>Hazards that nobody accepted are refused before any SQL runs, with what to write instead.</summary>
public class HazardGuardTests(PostgresServer postgres)
{
    private const string Index = "20260103000000_Index";
    private const string Base = "20260102000000_Base";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Refuses_what_would_keep_writers_out_of_a_table_with_rows(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new HazardContext(database.ConnectionString);
        await Run.MigrateAsync(context, async, Base);
        await Catalogs.ScalarAsync<int>(database.ConnectionString, "INSERT INTO notes VALUES (1, 'x', 'y'); SELECT 1");
        var before = await Catalogs.ReadAsync(database.ConnectionString);

        var message = (
            await Assert.ThrowsAsync<MigrationRefusedException>(() => Run.MigrateAsync(context, async, Index))
        ).Message;

        Assert.Contains("holds a hazard that nobody has accepted:", message, StringComparison.Ordinal);
        Assert.Contains($"{Index}:\n\n  index-not-concurrent: ", message, StringComparison.Ordinal);
        Assert.Contains("CREATE INDEX notes_body_idx ON notes (body)", message, StringComparison.Ordinal);
        Assert.Contains("[AcceptHazard(\"index-not-concurrent\"", message, StringComparison.Ordinal);
        Assert.Contains("-- --allow-hazards", message, StringComparison.Ordinal);
        Assert.Equal(before, await Catalogs.ReadAsync(database.ConnectionString));
    }

    [Fact]
    public async Task An_empty_table_is_forgiven()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new HazardContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true, Base);

        await Run.MigrateAsync(context, async: true, Index);

        Assert.Contains(
            "notes_body_idx",
            await Catalogs.ReadAsync(database.ConnectionString),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Tables_that_the_same_run_makes_are_forgiven()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new HazardContext(database.ConnectionString);

        await Run.MigrateAsync(context, async: true, Index);

        Assert.Contains(
            "notes_body_idx",
            await Catalogs.ReadAsync(database.ConnectionString),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_accepted_one_runs_and_stands_in_the_plan_with_its_reason()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new HazardContext(database.ConnectionString, o => o.Hazards(HazardPolicy.Ignore));
        await Run.MigrateAsync(context, async: true, Index);
        await Catalogs.ScalarAsync<int>(database.ConnectionString, "INSERT INTO notes VALUES (1, 'x', 'y'); SELECT 1");
        await using var strict = new HazardContext(database.ConnectionString);

        await Run.MigrateAsync(strict, async: true);

        Assert.Contains(
            "notes_more_idx",
            await Catalogs.ReadAsync(database.ConnectionString),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Let_through_by_argument_it_is_said_and_runs()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new HazardContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true, Base);
        await Catalogs.ScalarAsync<int>(database.ConnectionString, "INSERT INTO notes VALUES (1, 'x', 'y'); SELECT 1");
        var log = new LogLines();
        await using var allowed = new HazardContext(
            database.ConnectionString,
            o => o.UseArguments(MigrationSafetyArguments.Parse(["--allow-hazards"]))
        )
        {
            Further = log.AddTo,
        };

        await Run.MigrateAsync(allowed, async: true, Index);

        Assert.Matches(
            @"What is to run on database ""\w+"" at \S+ as \w+ holds a hazard that nobody has accepted, and it runs all the same because of --allow-hazards "
                + $@"\(in code: HazardPolicy\.Report\):\s+{Index}:\s+index-not-concurrent: ",
            Assert.Single(log.Lines, line => line.Contains("index-not-concurrent", StringComparison.Ordinal))
        );
        Assert.Contains(
            "notes_body_idx",
            await Catalogs.ReadAsync(database.ConnectionString),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_acceptance_that_matches_nothing_is_refused_like_a_hazard()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new UnmatchedContext(database.ConnectionString);
        // Its acceptance speaks of the Down alone, which does not run here.
        await Run.MigrateAsync(context, async: true, Tables);

        var message = (
            await Assert.ThrowsAsync<MigrationRefusedException>(() => Run.MigrateAsync(context, async: true))
        ).Message;

        Assert.Contains("holds 2 hazards that nobody has accepted:", message, StringComparison.Ordinal);
        Assert.Contains(
            "acceptance-unmatched: A hazard is accepted that is not there",
            message,
            StringComparison.Ordinal
        );
        Assert.Contains("[AcceptHazard(\"drop-column\", …)]", message, StringComparison.Ordinal);
        Assert.Contains("There is no hazard with the id index-not-concurent", message, StringComparison.Ordinal);
        Assert.Contains("DependsOnDatabase = true", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_acceptance_that_matches_nothing_does_not_stand_in_the_way_back()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using (var loose = new UnmatchedContext(database.ConnectionString, o => o.Hazards(HazardPolicy.Ignore)))
        {
            await Run.MigrateAsync(loose, async: true);
        }

        await using var context = new UnmatchedContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true, Migration.InitialDatabase);

        Assert.DoesNotContain("pets", await Catalogs.ReadAsync(database.ConnectionString), StringComparison.Ordinal);
    }

    private const string Tables = "20260101000000_Tables";

    public sealed class UnmatchedContext(
        string connectionString,
        Action<MigrationSafetyOptionsBuilder>? configure = null
    )
        : TestsContext(
            connectionString,
            safety =>
            {
                safety.Hazards(HazardPolicy.Refuse);
                configure?.Invoke(safety);
            }
        )
    {
        [DbContext(typeof(UnmatchedContext))]
        [Migration(Tables)]
        [AcceptHazard("lock-table-explicitly", "on the way back nobody writes", On = "pets")]
        public sealed class TablesMigration : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("CREATE TABLE pets (id bigint PRIMARY KEY);");

            protected override void Down(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("LOCK TABLE pets; DROP TABLE pets;");
        }

        [DbContext(typeof(UnmatchedContext))]
        [Migration("20260102000000_Unmatched")]
        [AcceptHazard("drop-column", "an earlier wording dropped one")]
        [AcceptHazard("index-not-concurent", "mistyped")]
        [AcceptHazard("drop-table", "only a database made by hand has it", DependsOnDatabase = true)]
        public sealed class UnmatchedMigration : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("SELECT 1;");

            protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("SELECT 1;");
        }
    }

    public sealed class HazardContext(string connectionString, Action<MigrationSafetyOptionsBuilder>? configure = null)
        : TestsContext(
            connectionString,
            safety =>
            {
                safety.Hazards(HazardPolicy.Refuse);
                configure?.Invoke(safety);
            }
        )
    {
        [DbContext(typeof(HazardContext))]
        [Migration(Base)]
        public sealed class BaseMigration : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("CREATE TABLE notes (id bigint PRIMARY KEY, body text, more text);");

            protected override void Down(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("DROP TABLE notes;");
        }

        [DbContext(typeof(HazardContext))]
        [Migration(Index)]
        public sealed class IndexMigration : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("CREATE INDEX notes_body_idx ON notes (body);");

            protected override void Down(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("DROP INDEX notes_body_idx;");
        }

        [DbContext(typeof(HazardContext))]
        [Migration("20260104000000_Accepted")]
        [AcceptHazard("index-not-concurrent", "notes has a dozen rows", On = "notes")]
        public sealed class AcceptedMigration : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("CREATE INDEX notes_more_idx ON notes (more);");

            protected override void Down(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("DROP INDEX CONCURRENTLY notes_more_idx;", suppressTransaction: true);
        }
    }
}
