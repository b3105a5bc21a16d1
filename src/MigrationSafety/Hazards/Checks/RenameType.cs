using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>ALTER TYPE or DOMAIN … RENAME TO or SET SCHEMA.</summary>
internal sealed class RenameType : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "rename-type",
            HazardGroup.BreaksTheRunningRelease,
            "A type is renamed under the running release",
            "Npgsql finds an enum that is mapped in the application by its name: the release that is still running no longer finds it, and fails "
                + "wherever it reads or writes a value of it. Casts in queries and functions (value::mood) fail as well.",
            null,
            [
                new HazardExample(
                    "CREATE TYPE mood AS ENUM ('sad', 'happy');",
                    "ALTER TYPE mood RENAME TO feeling;",
                    "ALTER TYPE mood OWNER TO app_owner;"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is not AlterObject { Kind: ObjectKind.Type or ObjectKind.Domain } alter
            || (alter.RenamedTo is null && alter.NewSchema is null)
        )
        {
            yield break;
        }

        var full = context.Schema.Resolve(alter.Name);
        if (
            context.Schema.Enums.GetValueOrDefault(full)?.CreatedIn == context.Schema.Migration
            || Later
                .Statements(context)
                .Any(s =>
                    (s is CreateType made && context.Schema.Resolve(made.Name) == full)
                    || (s is AlterObject { RenamedTo: { } again } && again == full.Name)
                )
        )
        {
            yield break;
        }

        var type = context.Shown(alter.Name);
        yield return new Found(
            statement,
            type,
            $"The release that is running knows the type as {type} (an enum mapped in Npgsql, a cast in a query or function): from this moment on it fails wherever it "
                + "reads or writes a value of it, until the new release is everywhere.",
            Instead.Remarks(
                context,
                $"leave the type its name; in the application it can be mapped to another: MapEnum<…>(\"{full.Name}\").",
                "Where it must be another: a new type, a column of it beside the old one, and a release that writes both."
            )
        );
    }
}
