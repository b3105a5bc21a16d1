using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>ALTER SCHEMA … RENAME TO.</summary>
internal sealed class RenameSchema : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "rename-schema",
            HazardGroup.BreaksTheRunningRelease,
            "A schema is renamed under the running release",
            "The release that is still running knows the old name only: from this moment on each query on any table of the schema fails, until the new "
                + "release is everywhere.",
            null,
            [
                new HazardExample(
                    "CREATE SCHEMA billing;",
                    "ALTER SCHEMA billing RENAME TO payments;",
                    "CREATE SCHEMA payments;"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is AlterObject { Kind: ObjectKind.Schema, RenamedTo: { } to } alter
            && context.Schema.Schemas.GetValueOrDefault(alter.Name.Name) is var made
            && (made != context.Schema.Migration || !context.Schema.Schemas.ContainsKey(alter.Name.Name))
        )
        {
            var from = ObjectName.Quoted(alter.Name.Name);
            yield return new Found(
                statement,
                from,
                $"The release that is running names the schema {from} in its queries: from this moment on all of them fail, until the new release is everywhere; after a "
                    + "rollback of the application they fail again.",
                Instead.Remarks(
                    context,
                    $"leave the schema its name. Where it must be another: create {ObjectName.Quoted(to)} with a view of each table (security_invoker),",
                    $"let a release use those, and only then move the tables and drop {from}."
                )
            );
        }
    }
}
