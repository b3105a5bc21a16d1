using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>Rows written in a transaction that keeps others out of a table.</summary>
internal sealed class BackfillWithSchemaChange : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "backfill-with-schema-change",
            HazardGroup.BlocksTheApplication,
            "Rows are filled while the schema change keeps everybody out",
            "ALTER TABLE locks a table until its transaction ends. An UPDATE, DELETE or INSERT … SELECT behind it in the same transaction makes that "
                + "minutes instead of milliseconds: nobody may read or write the table until the last row is filled.",
            "ACCESS EXCLUSIVE on the altered table, for as long as the rows take",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email text);",
                    """
                    BEGIN;
                    ALTER TABLE users ADD COLUMN domain text;
                    UPDATE users SET domain = split_part(email, '@', 2);
                    COMMIT;
                    """,
                    """
                    ALTER TABLE users ADD COLUMN domain text;
                    UPDATE users SET domain = split_part(email, '@', 2) WHERE id BETWEEN 1 AND 10000;
                    """,
                    """
                    // one migration adds the column,
                    migrationBuilder.AddColumn<string>(name: "domain", table: "users", type: "text", nullable: true);
                    // and a job, or a later migration outside of a transaction, fills it in batches.
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Transaction is null)
        {
            yield break;
        }

        // Rows first, then the lock: the rows' own locks are held, and the table's for a moment only. That is the better order, but with
        // the change in between it is this one.
        var changed = statement.Statement.DataChanges.Where(change => IsLong(change, context)).ToList();
        if (changed.Count == 0)
        {
            yield break;
        }

        var locked = context.LockedForWriters(statement).ToList();
        if (locked.Count == 0)
        {
            yield break;
        }

        var tables =
            string.Join(", ", locked.Take(5).Select(t => context.Shown(t)))
            + (locked.Count > 5 ? $" and {locked.Count - 5} more" : "");
        yield return new Found(
            statement,
            context.Shown(locked[0]),
            $"This transaction keeps others out of {tables} since its schema change, and now it writes rows of {context.Shown(changed[0].Table)}. Until the last "
                + $"of them is written, everything that uses {tables} waits.",
            Instead.Remarks(
                context,
                "1. the schema change in a "
                    + (context.IsMigration ? "migration" : "transaction")
                    + " of its own, which takes milliseconds",
                "2. the rows afterwards, in batches of some thousand, each committed by itself"
            )
        );
    }

    private static bool IsLong(DataChange change, HazardContext context) =>
        change.Verb switch
        {
            "UPDATE" or "DELETE" => context.IsInUse(change.Table) && Rows.MayBeAll(change, context),
            // A few VALUES are a moment; a query may be anything.
            "INSERT" => change.Table.Name != context.Options.HistoryTable
                && change.Source is { } source
                && Rows.Reads(source, context),
            _ => context.IsInUse(change.Table),
        };
}
