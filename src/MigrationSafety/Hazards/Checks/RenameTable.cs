using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>RENAME of a table or view in use.</summary>
internal sealed class RenameTable : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "rename-table",
            HazardGroup.BreaksTheRunningRelease,
            "A table is renamed under the running release",
            "The release that is still running knows the old name only: from this moment on each query on the table fails, until the new release is "
                + "everywhere. In EF Core the entity can be renamed alone; the table keeps its name. A view of the old name, made in the same "
                + "transaction, serves the old release meanwhile.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, name text);",
                    "ALTER TABLE users RENAME TO people;",
                    """
                    BEGIN;
                    ALTER TABLE users RENAME TO people;
                    CREATE VIEW users WITH (security_invoker = true) AS SELECT id, name FROM people;
                    COMMIT;
                    """,
                    """
                    // Rename the entity alone, in its configuration; no migration is needed:
                    builder.ToTable("users");
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is not AlterTable { Kind: not (ObjectKind.Index or ObjectKind.Sequence) } alter
            || !context.IsInUse(alter.Name)
            || context.Schema.Index(alter.Name) is not null
        )
        {
            yield break;
        }

        foreach (var rename in alter.Actions.OfType<RenameTo>())
        {
            if (Later.IsThereAgain(context, alter.Name) || IsOnlyKnownHere(context, alter.Name))
            {
                continue;
            }

            var table = context.Shown(alter.Name);
            var to = new ObjectName(alter.Name.Schema, rename.Name);
            yield return new Found(
                statement,
                table,
                $"The release that is running uses {table} by its name: from this moment on its queries fail, until the new release is everywhere; after a rollback of "
                    + "the application they fail again.",
                (
                    context.IsMigration
                        ? "// rename the entity alone, and leave the table its name:\n"
                            + $"builder.ToTable({CSharp.Literal(alter.Name.Name)});\n"
                            + "// where the table itself must be renamed:\n"
                        : ""
                )
                    + Instead.Steps(
                        context,
                        new Step(
                            $"ALTER TABLE {alter.Name} RENAME TO {ObjectName.Quoted(rename.Name)}",
                            Remark: "with a view of the old name for the old release, in the same transaction:"
                        ),
                        new Step($"CREATE VIEW {alter.Name} WITH (security_invoker = true) AS SELECT * FROM {to}")
                    )
                    + "\n"
                    + Instead.Remarks(context, "the release after the next drops the view.")
            );
        }
    }

    // A view that this script made, or that was renamed away before: nobody else knows the name.
    private static bool IsOnlyKnownHere(HazardContext context, ObjectName name) =>
        context.Schema.Views.GetValueOrDefault(context.Schema.Resolve(name))?.CreatedIn == context.Schema.Migration;
}
