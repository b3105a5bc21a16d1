using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>ALTER TABLE … SET SCHEMA.</summary>
internal sealed class MoveToSchema : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "move-to-schema",
            HazardGroup.BreaksTheRunningRelease,
            "A table is moved to another schema under the running release",
            "The release that is still running looks for the table in its old schema: from this moment on each query on it fails, until the new release is "
                + "everywhere. A view in the old place, made in the same transaction, serves the old release meanwhile.",
            null,
            [
                new HazardExample(
                    "CREATE SCHEMA billing; CREATE TABLE invoices (id bigint PRIMARY KEY);",
                    "ALTER TABLE invoices SET SCHEMA billing;",
                    """
                    BEGIN;
                    ALTER TABLE invoices SET SCHEMA billing;
                    CREATE VIEW invoices WITH (security_invoker = true) AS SELECT id FROM billing.invoices;
                    COMMIT;
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is not AlterTable { Kind: not (ObjectKind.Index or ObjectKind.Sequence) } alter
            || !context.IsInUse(alter.Name)
        )
        {
            yield break;
        }

        foreach (var move in alter.Actions.OfType<SetSchema>().Where(_ => !Later.IsThereAgain(context, alter.Name)))
        {
            var table = context.Shown(alter.Name);
            yield return new Found(
                statement,
                table,
                $"The release that is running looks for {table} where it was: from this moment on its queries fail, until the new release is everywhere; after a rollback "
                    + "of the application they fail again.",
                Instead.Steps(
                    context,
                    new Step(
                        $"ALTER TABLE {alter.Name} SET SCHEMA {ObjectName.Quoted(move.Schema)}",
                        Remark: "with a view in the old place for the old release, in the same transaction:"
                    ),
                    new Step(
                        $"CREATE VIEW {alter.Name} WITH (security_invoker = true) AS SELECT * FROM {new ObjectName(move.Schema, alter.Name.Name)}"
                    )
                )
            );
        }
    }
}
