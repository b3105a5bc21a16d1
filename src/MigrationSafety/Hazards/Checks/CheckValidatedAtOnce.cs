using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A check constraint on a table in use that reads all rows at once.</summary>
internal sealed class CheckValidatedAtOnce : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "check-validated-at-once",
            HazardGroup.BlocksTheApplication,
            "A check reads every row while everybody waits",
            "ADD CONSTRAINT … CHECK reads the whole table to see that every row passes, and until it is done nobody may read or write it. "
                + "With NOT VALID it is there at once and holds for every new row; VALIDATE CONSTRAINT, in a later transaction, then checks "
                + "the old ones while everybody goes on working.",
            "ACCESS EXCLUSIVE on the table: everything waits, reads too",
            [
                new HazardExample(
                    "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
                    "ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0);",
                    """
                    ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID;
                    ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check;
                    """,
                    """migrationBuilder.AddCheckConstraint(name: "orders_total_check", table: "orders", sql: "total >= 0");"""
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not AlterTable alter || !context.IsInUse(alter.Name))
        {
            yield break;
        }

        foreach (var constraint in Added(alter))
        {
            var table = context.Shown(alter.Name);
            var name = ObjectName.Quoted(ConstraintNames.Of(alter.Name, constraint));
            yield return new Found(
                statement,
                table,
                $"PostgreSQL reads all of {table} to see that every row passes {name}, and until it is done, everything that reads or writes {table} "
                    + "waits: the application stands still.",
                Instead.Steps(
                    context,
                    new Step(
                        $"ALTER TABLE {alter.Name} ADD CONSTRAINT {name} CHECK ({constraint.Expression?.Text}) NOT VALID",
                        Remark: context.IsMigration
                            ? "As an operation the rails do it in two steps by themselves: migrationBuilder.AddCheckConstraint(…). As SQL:"
                            : null
                    ),
                    new Step(
                        $"ALTER TABLE {alter.Name} VALIDATE CONSTRAINT {name}",
                        Alone: true,
                        "in a later transaction:"
                    )
                )
            );
        }
    }

    private static IEnumerable<TableConstraint> Added(AlterTable alter) =>
        alter.Actions.SelectMany(action =>
            action switch
            {
                AddConstraint { Constraint: { Kind: ConstraintKind.Check, IsNotValid: false } constraint } =>
                [
                    constraint,
                ],
                AddColumn { Column: var column } => column.Constraints.Where(c => c.Kind == ConstraintKind.Check),
                _ => (IEnumerable<TableConstraint>)[],
            }
        );
}
