using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>DETACH PARTITION without CONCURRENTLY.</summary>
internal sealed class DetachNotConcurrent : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "detach-not-concurrent",
            HazardGroup.BlocksTheApplication,
            "A partition is detached while everybody waits",
            "DETACH PARTITION needs the whole partitioned table for itself. It waits for every transaction that uses any partition, and behind "
                + "it everybody else waits. DETACH PARTITION … CONCURRENTLY lets them pass.",
            "ACCESS EXCLUSIVE on the partitioned table: everything waits, reads too",
            [
                new HazardExample(
                    """
                    CREATE TABLE events (id bigint, at timestamptz NOT NULL) PARTITION BY RANGE (at);
                    CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
                    """,
                    "ALTER TABLE events DETACH PARTITION events_2024;",
                    "ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;",
                    """migrationBuilder.Sql("ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;", suppressTransaction: true);"""
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not AlterTable alter || !context.IsInUse(alter.Name))
        {
            yield break;
        }

        foreach (var detach in alter.Actions.OfType<DetachPartition>().Where(d => !d.Concurrently && !d.Finalize))
        {
            var table = context.Shown(alter.Name);
            yield return new Found(
                statement,
                table,
                $"Detaching {context.Shown(detach.Partition)} waits for every transaction that is using any partition of {table}, and behind it "
                    + $"everything that reads or writes {table} waits.",
                Instead.Steps(
                    context,
                    new Step(
                        $"ALTER TABLE {alter.Name} DETACH PARTITION {detach.Partition} CONCURRENTLY",
                        Alone: true,
                        context.IsMigration ? "the last command of its migration:" : "outside of a transaction:"
                    )
                )
            );
        }
    }
}
