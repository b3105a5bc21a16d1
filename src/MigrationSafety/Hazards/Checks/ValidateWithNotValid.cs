using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>VALIDATE CONSTRAINT in the transaction that made the constraint NOT VALID.</summary>
internal sealed class ValidateWithNotValid : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "validate-with-not-valid",
            HazardGroup.BlocksTheApplication,
            "A constraint is validated in the transaction that added it",
            "ADD CONSTRAINT … NOT VALID takes a strong lock for a moment, VALIDATE CONSTRAINT a weak one for long. In one transaction the strong "
                + "lock is held until the end of the long part, so nothing is won: everybody waits while all rows are read.",
            "the lock of ADD CONSTRAINT (ACCESS EXCLUSIVE; SHARE ROW EXCLUSIVE for a foreign key), for as long as the validation takes",
            [
                new HazardExample(
                    "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
                    """
                    BEGIN;
                    ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID;
                    ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check;
                    COMMIT;
                    """,
                    """
                    BEGIN;
                    ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID;
                    COMMIT;
                    BEGIN;
                    ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check;
                    COMMIT;
                    """,
                    """
                    migrationBuilder.Sql("ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID;");
                    migrationBuilder.Sql("ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check;", suppressTransaction: true);
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not AlterTable alter || !context.IsInUse(alter.Name))
        {
            yield break;
        }

        var table = context.Schema.Resolve(alter.Name);
        foreach (var validate in alter.Actions.OfType<ValidateConstraint>())
        {
            var addedHere = context
                .BeforeInTransaction(statement)
                .Select(s => s.Statement)
                .Append(alter)
                .OfType<AlterTable>()
                .Any(a =>
                    context.Schema.Resolve(a.Name) == table
                    && a.Actions.Any(action =>
                        action is AddConstraint { Constraint: { IsNotValid: true } added }
                        && ConstraintNames.Of(a.Name, added) == validate.Name
                    )
                );
            // Any other strong lock on the table in this transaction has the same effect.
            var lockedHere = addedHere || context.LockedForWriters(statement).Contains(table);
            if (lockedHere)
            {
                var shown = context.Shown(alter.Name);
                yield return new Found(
                    statement,
                    shown,
                    $"Validating {ObjectName.Quoted(validate.Name)} reads all of {shown}, and the lock that this transaction took "
                        + (addedHere ? "by adding it" : "before")
                        + $" is held until the end: everything that writes to {shown} waits meanwhile.",
                    Instead.Steps(
                        context,
                        new Step(
                            $"ALTER TABLE {alter.Name} VALIDATE CONSTRAINT {ObjectName.Quoted(validate.Name)}",
                            Alone: true,
                            "in a later transaction:"
                        )
                    )
                );
            }
        }
    }
}
