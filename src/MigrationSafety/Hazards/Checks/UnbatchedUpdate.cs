using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>An UPDATE of a whole table, or of nobody knows how much of it.</summary>
internal sealed class UnbatchedUpdate : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "unbatched-update",
            HazardGroup.BlocksTheApplication,
            "All rows of a table are updated in one statement",
            "An UPDATE holds every row it has changed until its transaction ends, so whoever wants to change one of them waits, for minutes on a large "
                + "table. It writes the whole table a second time, which fills the disk and makes replicas lag; and if it fails at the end, all "
                + "of it was for nothing. In batches of some thousand rows, each committed by itself, nobody notices.",
            "row locks on every row, until the end of the transaction",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email text, domain text);",
                    "UPDATE users SET domain = split_part(email, '@', 2) WHERE domain IS NULL;",
                    """
                    UPDATE users SET domain = split_part(email, '@', 2)
                    WHERE id IN (SELECT id FROM users WHERE domain IS NULL LIMIT 5000 FOR UPDATE SKIP LOCKED);
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        foreach (
            var change in statement.Statement.DataChanges.Where(c =>
                (c.Verb == "UPDATE" || (c.Verb == "MERGE" && c.Source?.Names("update") == true))
                && context.IsInUse(c.Table)
                && !SystemTables.Is(c.Table)
                && Rows.MayBeAll(c, context)
            )
        )
        {
            // What EF Core writes before it takes back a DROP NOT NULL.
            if (context.TakesBack(change.Table, up => up is DropNotNull same && change.Columns.Contains(same.Column)))
            {
                continue;
            }

            var table = context.Shown(change.Table);
            yield return new Found(
                statement,
                table,
                (
                    change is { Verb: "UPDATE", Where: null }
                        ? $"This updates every row of {table} in one statement."
                        : $"This may update a large part of {table} in one statement."
                )
                    + $" Until it is done, whoever changes one of these rows waits, and {table} is written to disk a second time.",
                Batches.Of(context, change, statement.Text)
            );
        }
    }
}
