using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A DELETE of nobody knows how much of a table.</summary>
internal sealed class UnbatchedDelete : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "unbatched-delete",
            HazardGroup.BlocksTheApplication,
            "A large part of a table may be deleted in one statement",
            "A DELETE holds every row it has deleted until its transaction ends, and fires foreign keys and triggers for each. On a large table that "
                + "takes minutes, in which whoever wants to change one of these rows waits, and replicas lag. In batches of some thousand "
                + "rows, each committed by itself, nobody notices.",
            "row locks on every row, until the end of the transaction",
            [
                new HazardExample(
                    "CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz NOT NULL);",
                    "DELETE FROM events WHERE at < now() - interval '1 year';",
                    """
                    DELETE FROM events
                    WHERE id IN (SELECT id FROM events WHERE at < now() - interval '1 year' LIMIT 5000 FOR UPDATE SKIP LOCKED);
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        foreach (
            var change in statement.Statement.DataChanges.Where(c =>
                (c.Verb == "DELETE" || (c.Verb == "MERGE" && c.Source?.Names("delete") == true))
                && !(c.Source is null && (c.Where is null || c.Where.IsTrue))
                && context.IsInUse(c.Table)
                && !SystemTables.Is(c.Table)
                && Rows.MayBeAll(c, context)
            )
        )
        {
            var table = context.Shown(change.Table);
            yield return new Found(
                statement,
                table,
                $"This may delete a large part of {table} in one statement. Until it is done, whoever changes one of these rows waits.",
                Batches.Of(context, change, statement.Text)
            );
        }
    }
}
