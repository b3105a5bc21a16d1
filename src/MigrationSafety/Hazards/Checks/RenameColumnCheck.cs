using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>RENAME COLUMN on a table or view in use.</summary>
internal sealed class RenameColumnCheck : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "rename-column",
            HazardGroup.BreaksTheRunningRelease,
            "A column is renamed under the running release",
            "The release that is still running knows the old name only: from this moment on each query on the table fails, until the new release is "
                + "everywhere. In EF Core the property can be renamed alone; the column keeps its name.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, name text);",
                    "ALTER TABLE users RENAME COLUMN name TO full_name;",
                    "ALTER TABLE users ADD COLUMN full_name text;",
                    """
                    // Rename the property alone, in its configuration; no migration is needed:
                    builder.Property(user => user.FullName).HasColumnName("name");
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

        foreach (var rename in alter.Actions.OfType<RenameColumn>())
        {
            if (context.Schema.Column(alter.Name, rename.From)?.AddedIn == context.Schema.Migration)
            {
                continue;
            }

            var table = context.Shown(alter.Name);
            var (from, to) = (ObjectName.Quoted(rename.From), ObjectName.Quoted(rename.To));
            var type = context.Schema.Column(alter.Name, rename.From)?.Type.ToString() ?? "…";
            yield return new Found(
                statement,
                table,
                $"The release that is running uses the column {from} in its queries on {table}: from this moment on they fail, until the new release is everywhere; after a "
                    + "rollback of the application they fail again.",
                (
                    context.IsMigration
                        ? "// rename the property alone, and leave the column its name:\n"
                            + $".HasColumnName({CSharp.Literal(rename.From)})\n"
                            + "// where the column itself must be renamed:\n"
                        : ""
                )
                    + Instead.Steps(
                        context,
                        new Step(
                            $"ALTER TABLE {alter.Name} ADD COLUMN {to} {type}",
                            Remark: "1. a column beside the old one:"
                        )
                    )
                    + "\n"
                    + Instead.Remarks(
                        context,
                        $"2. a release that writes both {from} and {to} (or a trigger that does), and the old rows filled in batches",
                        $"3. a release that reads {to}",
                        $"4. a later migration drops {from}"
                    )
            );
        }
    }
}
