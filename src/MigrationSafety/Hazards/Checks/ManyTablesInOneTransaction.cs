using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>One transaction that keeps others out of several tables.</summary>
internal sealed class ManyTablesInOneTransaction : HazardCheck
{
    // Two is what a foreign key or a moved column needs; from three on it is a list.
    private const int Many = 3;

    public override Hazard Hazard { get; } =
        new(
            "many-tables-in-one-transaction",
            HazardGroup.BlocksTheApplication,
            "Several tables are locked in one transaction",
            "A lock is held until its transaction ends. While the statement for the third table still waits for its lock, the first two are closed "
                + "already, so the application stands still for all of them, for the sum of all waits. And a request that uses two of the tables in "
                + "the other order makes a deadlock.",
            "ACCESS EXCLUSIVE on each of the tables, until the end of the transaction",
            [
                new HazardExample(
                    "CREATE TABLE a (id bigint PRIMARY KEY); CREATE TABLE b (id bigint PRIMARY KEY); CREATE TABLE c (id bigint PRIMARY KEY);",
                    """
                    BEGIN;
                    ALTER TABLE a ADD COLUMN note text;
                    ALTER TABLE b ADD COLUMN note text;
                    ALTER TABLE c ADD COLUMN note text;
                    COMMIT;
                    """,
                    """
                    ALTER TABLE a ADD COLUMN note text;
                    ALTER TABLE b ADD COLUMN note text;
                    ALTER TABLE c ADD COLUMN note text;
                    """,
                    "// one migration for each table: dotnet ef migrations add NoteOfA, then NoteOfB, then NoteOfC"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Transaction is null)
        {
            yield break;
        }

        var here = Locks.Exclusive(statement.Statement, context).ToList();
        if (here.Count == 0)
        {
            yield break;
        }

        var before = context.LockedExclusively(statement);
        var all = before.Union(here).ToList();
        if (before.Count >= Many || all.Count < Many)
        {
            yield break;
        }

        var tables = string.Join(", ", all.Select(t => context.Shown(t)));
        yield return new Found(
            statement,
            null,
            $"By here this transaction has closed {all.Count} tables ({tables}), and it opens none of them before its end: everything that reads or writes any of "
                + "them waits for all of it, and requests that use two of them may end in a deadlock.",
            Instead.Remarks(
                context,
                context.IsMigration
                    ? "one migration for each table: each is a transaction of its own."
                    : "one transaction for each table: COMMIT; and BEGIN; between them, or no BEGIN at all."
            )
        );
    }
}
