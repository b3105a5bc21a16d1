using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A change of type after which values that fit until now are refused.</summary>
internal sealed class NarrowedColumn : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "narrowed-column",
            HazardGroup.BreaksTheRunningRelease,
            "A column takes fewer values than the running release writes",
            "The release that is still running goes on writing values that fit until now, and those that no longer fit fail. Rows that hold such a value "
                + "make the change itself fail. A check constraint, added NOT VALID, keeps new long values out without touching the type.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, name varchar(100));",
                    "ALTER TABLE users ALTER COLUMN name TYPE varchar(50);",
                    """
                    ALTER TABLE users ADD CONSTRAINT users_name_length CHECK (length(name) <= 50) NOT VALID;
                    ALTER TABLE users VALIDATE CONSTRAINT users_name_length;
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

        foreach (var change in alter.Actions.OfType<AlterColumnType>())
        {
            var known = context.Schema.Column(alter.Name, change.Column);
            if (
                known is null
                || known.AddedIn == context.Schema.Migration
                || !TypeChange.Narrows(known.Type, change.Type)
            )
            {
                continue;
            }

            var table = context.Shown(alter.Name);
            var column = ObjectName.Quoted(change.Column);
            var check = ObjectName.Quoted($"{alter.Name.Name}_{change.Column}_check");
            var condition =
                change.Type.Name is "character varying" or "character" && change.Type.Modifiers.Count > 0
                    ? $"length({column}) <= {change.Type.Modifiers[0]}"
                    : $"{column} …";
            yield return new Found(
                statement,
                table,
                $"{column} of {table} is {known.Type} and becomes {change.Type}: what the release that is running writes and no longer fits fails from this moment on. A "
                    + "row that holds such a value makes the change itself fail.",
                Instead.Steps(
                    context,
                    new Step(
                        $"ALTER TABLE {alter.Name} ADD CONSTRAINT {check} CHECK ({condition}) NOT VALID",
                        Remark: "when no release writes more any longer: a check, and the type stays as it is:"
                    ),
                    new Step(
                        $"ALTER TABLE {alter.Name} VALIDATE CONSTRAINT {check}",
                        Alone: true,
                        "in a later transaction:"
                    )
                )
            );
        }
    }
}
