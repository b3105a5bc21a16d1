using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>ATTACH PARTITION of a table that no valid check says the bounds of.</summary>
internal sealed class AttachPartitionWithoutCheck : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "attach-partition-without-check",
            HazardGroup.BlocksTheApplication,
            "A table is read from end to end while it becomes a partition",
            "ATTACH PARTITION reads the whole table to see that every row is within the bounds, and until it is done nobody may read or write that "
                + "table. Where a valid check constraint already says the bounds, PostgreSQL believes it and reads nothing.",
            "ACCESS EXCLUSIVE on the table that is attached: everything that uses it waits",
            [
                new HazardExample(
                    """
                    CREATE TABLE events (id bigint, at timestamptz NOT NULL) PARTITION BY RANGE (at);
                    CREATE TABLE events_2026 (id bigint, at timestamptz NOT NULL);
                    """,
                    "ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
                    """
                    ALTER TABLE events_2026 ADD CONSTRAINT events_2026_bounds CHECK (at >= '2026-01-01' AND at < '2027-01-01') NOT VALID;
                    ALTER TABLE events_2026 VALIDATE CONSTRAINT events_2026_bounds;
                    ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
                    ALTER TABLE events_2026 DROP CONSTRAINT events_2026_bounds;
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not AlterTable { Kind: ObjectKind.Table } alter)
        {
            yield break;
        }

        foreach (var attach in alter.Actions.OfType<AttachPartition>().Where(a => context.IsInUse(a.Partition)))
        {
            var partition = context.Schema.Table(attach.Partition);
            // Whether the check says the same as the bounds is PostgreSQL's to judge; that there is one shows that somebody thought of it.
            if (partition?.Constraints.Any(c => c is { Kind: ConstraintKind.Check, IsValid: true }) == true)
            {
                continue;
            }

            var table = context.Shown(attach.Partition);
            var check = ObjectName.Quoted(attach.Partition.Name + "_bounds");
            yield return new Found(
                statement,
                table,
                $"PostgreSQL reads all of {table} to see that every row is within the bounds of the partition, and until it is done, everything that reads or "
                    + $"writes {table} waits.",
                Instead.Steps(
                    context,
                    new Step(
                        $"ALTER TABLE {attach.Partition} ADD CONSTRAINT {check} CHECK (… the same bounds, and IS NOT NULL …) NOT VALID"
                    ),
                    new Step(
                        $"ALTER TABLE {attach.Partition} VALIDATE CONSTRAINT {check}",
                        Alone: true,
                        "in a later transaction:"
                    ),
                    new Step(statement.Text),
                    new Step($"ALTER TABLE {attach.Partition} DROP CONSTRAINT {check}")
                )
            );
        }
    }
}
