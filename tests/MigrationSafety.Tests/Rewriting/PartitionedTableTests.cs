using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Rewriting;

/// <summary>PostgreSQL builds no index of a partitioned table concurrently; only its author can know that it is one.</summary>
public class PartitionedTableTests(PostgresServer postgres)
{
    [Fact]
    public async Task The_message_says_how_to_keep_the_operation_as_it_is_written()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new EventsContext(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.Contains(
            "cannot create index on partitioned table \"events\" concurrently",
            exception.Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            ".KeepAsWritten(\"the partitions are small\") behind it in the migration.",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS days ON public.events (day)")]
    [InlineData("CREATE INDEX CONCURRENTLY days ON ONLY events (day)")]
    [InlineData("DROP INDEX CONCURRENTLY events_day")]
    public async Task What_PostgreSQL_does_not_do_concurrently_is_refused_before_anything_runs(string sql)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await Catalogs.ScalarAsync<int>(
            database.ConnectionString,
            Partitioned + "CREATE INDEX events_day ON events (day); SELECT 1"
        );
        var refused = await Assert.ThrowsAsync<PostgresException>(() =>
            Catalogs.ScalarAsync<int>(database.ConnectionString, sql)
        );
        Assert.Equal(PostgresErrorCodes.FeatureNotSupported, refused.SqlState);
        SqlContext.Sql.Value = sql;
        await using var context = new SqlContext(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: false)
        );

        Assert.Equal("PartitionedConcurrently", exception.Id);
        Assert.DoesNotContain("KeepAsWritten", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_refusal_says_to_write_instead_runs()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await Catalogs.ScalarAsync<int>(
            database.ConnectionString,
            Partitioned
                + """
                CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01') PARTITION BY RANGE (day);
                CREATE SCHEMA early;
                CREATE TABLE early.events_early PARTITION OF events_2027 FOR VALUES FROM ('2027-01-01') TO ('2027-07-01');
                SELECT 1
                """
        );
        SqlContext.Sql.Value = "CREATE INDEX CONCURRENTLY by_day ON events (day DESC)";
        await using var context = new SqlContext(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.Equal(
            """
            20260101000000_Sql builds an index of events with CONCURRENTLY, and events is partitioned: PostgreSQL does that for single partitions only, and would refuse it in the middle of the run.

            State: nothing was changed.
            To do: build an index of the whole table alone, then each partition's concurrently, and attach it; with the last one the whole table's index is valid:
              migrationBuilder.Sql("CREATE INDEX by_day ON ONLY events (day DESC);");
              migrationBuilder.Sql("CREATE INDEX CONCURRENTLY events_2026_by_day ON events_2026 (day DESC);", suppressTransaction: true);
              migrationBuilder.Sql("ALTER INDEX by_day ATTACH PARTITION events_2026_by_day;");
              migrationBuilder.Sql("CREATE INDEX events_2027_by_day ON ONLY events_2027 (day DESC);");
              migrationBuilder.Sql("ALTER INDEX by_day ATTACH PARTITION events_2027_by_day;");
              migrationBuilder.Sql("CREATE INDEX CONCURRENTLY events_early_by_day ON early.events_early (day DESC);", suppressTransaction: true);
              migrationBuilder.Sql("ALTER INDEX events_2027_by_day ATTACH PARTITION early.events_early_by_day;");
            """,
            exception.Message
        );
        foreach (Match statement in Regex.Matches(exception.Message, "Sql\\(\"(.+?);\""))
        {
            await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Pooling=false");
            await using var command = source.CreateCommand(statement.Groups[1].Value);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        Assert.True(
            await Catalogs.ScalarAsync<bool>(
                database.ConnectionString,
                "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_day'::regclass"
            )
        );
    }

    [Fact]
    public async Task An_operation_may_be_kept_with_its_hazard_accepted()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await Catalogs.ScalarAsync<int>(
            database.ConnectionString,
            Partitioned + "INSERT INTO events VALUES ('2026-05-01'); SELECT 1"
        );
        await using var context = new OperationContext(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.Contains(
            """
            To do: where the partitions are small, keep the operation as EF Core writes it, .KeepAsWritten("the partitions are small") behind it, and accept on the migration's class that writers wait: [AcceptHazard("index-not-concurrent", "the partitions are small", On = "events")]. Otherwise, instead of the operation, build
            """,
            exception.Message,
            StringComparison.Ordinal
        );

        await using var kept = new AcceptedContext(database.ConnectionString);
        await Run.MigrateAsync(kept, async: true);
    }

    [Fact]
    public async Task A_partitioned_table_that_the_run_makes_is_known_too()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        SqlContext.Sql.Value =
            "CREATE TABLE events (day date NOT NULL) PARTITION BY RANGE (day); CREATE INDEX CONCURRENTLY i ON events (day)";
        await using var context = new SqlContext(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.EndsWith(
            "To do: events is new and holds no rows: build the index without CONCURRENTLY.",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("DROP TABLE events; CREATE TABLE events (day date)")]
    [InlineData("ALTER TABLE events RENAME TO old; CREATE TABLE plain (day date); ALTER TABLE plain RENAME TO events")]
    public async Task One_that_the_run_puts_another_in_the_place_of_is_none(string sql)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await Catalogs.ScalarAsync<int>(database.ConnectionString, Partitioned + "SELECT 1");
        SqlContext.Sql.Value = sql;
        await using var context = new ReplacedContext(database.ConnectionString);

        await Run.MigrateAsync(context, async: true);
    }

    [Fact]
    public async Task Kept_as_written_it_runs()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new KeptEventsContext(database.ConnectionString);

        await Run.MigrateAsync(context, async: false);

        Assert.Equal(
            2L,
            await Catalogs.ScalarAsync<long>(
                database.ConnectionString,
                "SELECT count(*) FROM pg_index WHERE indrelid IN ('events'::regclass, 'events_2026'::regclass) AND indisvalid"
            )
        );
    }

    private const string Partitioned = """
        CREATE TABLE events (day date NOT NULL) PARTITION BY RANGE (day);
        CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        """;

    public sealed class EventsContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(EventsContext))]
        [Migration("20260101000000_Events")]
        public sealed class Events : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder)
            {
                // Made in a block, so that only the server can know what it is.
                migrationBuilder.Sql($"DO $$ BEGIN EXECUTE '{Partitioned.Replace("'", "''")}'; END $$;");
                migrationBuilder.CreateIndex("IX_events_day", "events", "day");
            }
        }
    }

    private sealed class SqlContext(string connectionString) : TestsContext(connectionString)
    {
        public static AsyncLocal<string> Sql { get; } = new();

        [DbContext(typeof(SqlContext))]
        [Migration("20260101000000_Sql")]
        public sealed class Statements : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder)
            {
                foreach (var statement in Sql.Value!.Split("; "))
                {
                    migrationBuilder.Sql(statement, suppressTransaction: true);
                }
            }
        }
    }

    private sealed class ReplacedContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(ReplacedContext))]
        [Migration("20260101000000_Replaced")]
        public sealed class Replaced : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder)
            {
                migrationBuilder.Sql(SqlContext.Sql.Value!);
                migrationBuilder.Sql("CREATE INDEX CONCURRENTLY days ON events (day)", suppressTransaction: true);
            }
        }
    }

    private sealed class OperationContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(OperationContext))]
        [Migration("20260101000000_Index")]
        public sealed class Index : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.CreateIndex("IX_events_day", "events", "day");
        }
    }

    private sealed class AcceptedContext(string connectionString)
        : TestsContext(connectionString, o => o.Hazards(HazardPolicy.Refuse))
    {
        [DbContext(typeof(AcceptedContext))]
        [Migration("20260101000000_Index")]
        [AcceptHazard("index-not-concurrent", "the partitions are small", On = "events")]
        public sealed class Index : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder
                    .CreateIndex("IX_events_day", "events", "day")
                    .KeepAsWritten("the partitions are small");
        }
    }

    public sealed class KeptEventsContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(KeptEventsContext))]
        [Migration("20260101000000_Events")]
        public sealed class Events : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder)
            {
                migrationBuilder.Sql(Partitioned);
                migrationBuilder.CreateIndex("IX_events_day", "events", "day").KeepAsWritten("there are no rows yet");
            }
        }
    }
}
