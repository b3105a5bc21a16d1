using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>LOCK TABLE in a mode that keeps others out.</summary>
internal sealed class LockTableExplicitly : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "lock-table-explicitly",
            HazardGroup.BlocksTheApplication,
            "A table is locked until the end of the transaction",
            "LOCK TABLE keeps others out until the transaction ends, whatever still happens in it. Without a mode it is the strongest: nobody may "
                + "even read.",
            "the mode that is written, ACCESS EXCLUSIVE where none is: until the end of the transaction",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY);",
                    "BEGIN; LOCK TABLE users; COMMIT;",
                    "BEGIN; LOCK TABLE users IN ACCESS SHARE MODE; COMMIT;"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement
            is not LockTable
            {
                Mode: not ("ACCESS SHARE" or "ROW SHARE" or "ROW EXCLUSIVE" or "SHARE UPDATE EXCLUSIVE")
            } take
        )
        {
            yield break;
        }

        foreach (var name in take.Tables.Where(t => context.IsInUse(t) && t.Name != context.Options.HistoryTable))
        {
            var table = context.Shown(name);
            yield return new Found(
                statement,
                table,
                $"From here to the end of the transaction, everything that {(take.Mode == "ACCESS EXCLUSIVE" ? "reads or writes" : "writes to")} {table} waits.",
                Instead.Remarks(
                    context,
                    "leave it out: each statement takes the lock it needs, for as short as it can. To keep two runs apart there is",
                    "pg_try_advisory_xact_lock(…), for which the application never waits."
                )
            );
        }
    }
}
