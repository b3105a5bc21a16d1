using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>VACUUM FULL.</summary>
internal sealed class VacuumFull : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "vacuum-full",
            HazardGroup.BlocksTheApplication,
            "A table is written anew while everybody waits",
            "VACUUM FULL writes the whole table and its indexes anew to give space back, and until it is done nobody may read or write the table. "
                + "Plain VACUUM makes the space free for new rows, and everybody goes on working.",
            "ACCESS EXCLUSIVE on the table: everything waits, reads too",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY);",
                    "VACUUM FULL users;",
                    "VACUUM (ANALYZE) users;"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is not Vacuum { Full: true } vacuum
            || (vacuum.Tables.Count > 0 && !vacuum.Tables.Any(context.IsInUse))
        )
        {
            yield break;
        }

        var table = vacuum.Tables.Count == 0 ? "every table" : string.Join(", ", vacuum.Tables.Select(context.Shown));
        yield return new Found(
            statement,
            vacuum.Tables.Count == 1 ? table : null,
            $"VACUUM FULL writes {table} anew, and until it is done everything that reads or writes there waits: the application stands still.",
            Instead.Steps(
                context,
                new Step(
                    vacuum.Tables.Count == 0
                        ? "VACUUM (ANALYZE)"
                        : $"VACUUM (ANALYZE) {string.Join(", ", vacuum.Tables)}",
                    Alone: true,
                    "makes the space free for new rows, without a pause:"
                )
            )
                + "\n"
                + Instead.Remarks(
                    context,
                    "to give space back to the disk without a pause, there is the extension pg_repack."
                )
        );
    }
}
