using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>TRUNCATE of a table in use.</summary>
internal sealed class TruncateTable : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "truncate-table",
            HazardGroup.LosesData,
            "All rows of a table are thrown away",
            "TRUNCATE empties the table at once, without looking at a row, without firing row triggers; committed, no way leads back but a backup. And "
                + "while it waits for its turn, nobody may read or write the table.",
            "ACCESS EXCLUSIVE on the table: everything waits, reads too",
            [
                new HazardExample(
                    "CREATE TABLE cache (id bigint PRIMARY KEY, at timestamptz);",
                    "TRUNCATE cache;",
                    "DELETE FROM cache WHERE id IN (SELECT id FROM cache WHERE at < now() - interval '1 day' LIMIT 5000);"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not Truncate { Cascade: false } truncate)
        {
            yield break;
        }

        foreach (var name in truncate.Tables.Where(context.IsInUse))
        {
            var table = context.Shown(name);
            yield return new Found(
                statement,
                table,
                $"All rows of {table} are gone, and only a backup brings them back. While it waits for its turn, everything that reads or writes {table} waits.",
                Instead.Remarks(
                    context,
                    $"take a backup first: pg_dump --data-only --table={table}",
                    "delete what is really no longer needed, by a condition and in batches; or rename the table away and drop it in a later release."
                )
            );
        }
    }
}
