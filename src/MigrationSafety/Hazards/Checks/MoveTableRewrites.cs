using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>SET LOGGED, UNLOGGED, TABLESPACE or ACCESS METHOD on a table in use.</summary>
internal sealed class MoveTableRewrites : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "move-table-rewrites",
            HazardGroup.BlocksTheApplication,
            "A table is written to another place while everybody waits",
            "SET LOGGED, SET UNLOGGED, SET TABLESPACE and SET ACCESS METHOD write the whole table anew, and until that is done nobody may read "
                + "or write it. An unlogged table, moreover, is empty after a crash and does not exist on replicas.",
            "ACCESS EXCLUSIVE on the table: everything waits, reads too",
            [
                new HazardExample(
                    "CREATE TABLE cache (id bigint PRIMARY KEY, value text);",
                    "ALTER TABLE cache SET UNLOGGED;",
                    "ALTER TABLE cache SET (fillfactor = 70);"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is OtherStatement { Verb: "ALTER ALL IN TABLESPACE" })
        {
            yield return new Found(
                statement,
                null,
                "Each table, index or view of the tablespace is written anew, one behind the other, and what was written stays locked until the last one "
                    + "is done: everything that uses any of them waits.",
                Instead.Remarks(
                    context,
                    "one index at a time: REINDEX (TABLESPACE …, CONCURRENTLY) INDEX …; tables one at a time, in a pause of the application"
                )
            );
        }

        if (statement.Statement is not AlterTable alter || !context.IsInUse(alter.Name))
        {
            yield break;
        }

        foreach (var move in alter.Actions.OfType<MoveTable>())
        {
            var table = context.Shown(alter.Name);
            yield return new Found(
                statement,
                table,
                $"SET {move.How} writes all of {table} anew, and until that is done everything that reads or writes {table} waits: the application stands still."
                    + (
                        move.How == "UNLOGGED"
                            ? " Afterwards a crash of the server empties the table, and replicas do not have it."
                            : ""
                    ),
                Instead.Remarks(
                    context,
                    $"create a new table that is so from the start, let the application write both, copy the rows of {table} in batches,",
                    "and let a later release read the new one. Or do it in a pause of the application."
                )
            );
        }
    }
}
