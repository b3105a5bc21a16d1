using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>DELETE without a condition.</summary>
internal sealed class DeleteWithoutWhere : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "delete-without-where",
            HazardGroup.LosesData,
            "All rows of a table are deleted",
            "Without WHERE, or with one that is always true, DELETE takes every row, and by ON DELETE CASCADE rows of other tables. Committed, no way leads "
                + "back but a backup. On a large table it holds every row locked for minutes.",
            "row locks on every row, until the end of the transaction",
            [
                new HazardExample(
                    "CREATE TABLE settings (key text PRIMARY KEY, value text);",
                    "DELETE FROM settings;",
                    "DELETE FROM settings WHERE key = 'theme';"
                ),
                new HazardExample(
                    "CREATE TABLE settings (key text PRIMARY KEY, value text);",
                    "WITH gone AS (DELETE FROM settings RETURNING key) SELECT count(*) FROM gone;",
                    "WITH gone AS (DELETE FROM settings WHERE key = 'theme' RETURNING key) SELECT count(*) FROM gone;"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        foreach (
            var change in statement.Statement.DataChanges.Where(c =>
                c.Verb == "DELETE"
                && c is { Source: null }
                && (c.Where is null || c.Where.IsTrue)
                && context.IsInUse(c.Table)
                && !SystemTables.Is(c.Table)
            )
        )
        {
            var table = context.Shown(change.Table);
            yield return new Found(
                statement,
                table,
                $"Every row of {table} is deleted, with what ON DELETE CASCADE takes along, and only a backup brings them back.",
                Instead.Steps(
                    context,
                    new Step(
                        $"DELETE FROM {change.Table} WHERE …",
                        Remark: "with a condition, and in batches where it meets many rows:"
                    )
                )
                    + "\n"
                    + Instead.Remarks(context, $"take a backup first: pg_dump --data-only --table={table}")
            );
        }
    }
}
