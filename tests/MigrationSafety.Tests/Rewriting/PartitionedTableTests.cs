using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
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
                migrationBuilder.Sql(Partitioned);
                migrationBuilder.CreateIndex("IX_events_day", "events", "day");
            }
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
