using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>DROP TYPE or DOMAIN.</summary>
internal sealed class DropType : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "drop-type",
            HazardGroup.BreaksTheRunningRelease,
            "A type is dropped that the running release may still name",
            "Npgsql loads the database's types when it connects, and an enum that is mapped in the application and missing in the database makes "
                + "reading and writing it fail. Casts in queries and functions (value::mood) fail as well. A type is dropped one release after "
                + "the last one that names it.",
            null,
            [new HazardExample("CREATE TYPE mood AS ENUM ('sad', 'happy');", "DROP TYPE mood;", null)]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not DropStatement { Kind: ObjectKind.Type or ObjectKind.Domain } drop)
        {
            yield break;
        }

        foreach (var name in drop.Names)
        {
            var full = context.Schema.Resolve(name);
            // Renamed away in this script, and replaced by another of its name: that is the new labels' business, not the old type's.
            var isRenamed = context.Before.Any(s =>
                s.Statement is AlterObject { Kind: ObjectKind.Type or ObjectKind.Domain, RenamedTo: { } to }
                && to == full.Name
            );
            if (
                isRenamed
                || context.Schema.Enums.GetValueOrDefault(full)?.CreatedIn == context.Schema.Migration
                || Later
                    .Statements(context)
                    .Any(s =>
                        (s is CreateType made && context.Schema.Resolve(made.Name) == full)
                        || (s is AlterObject { RenamedTo: { } again } && again == full.Name)
                    )
            )
            {
                continue;
            }

            yield return new Found(
                statement,
                context.Shown(name),
                $"Where the release that is running names the type {context.Shown(name)} (an enum mapped in Npgsql, a cast in a query or function), it fails from this "
                    + "moment on, until the new release is everywhere.",
                Instead.Remarks(
                    context,
                    $"1. this release: nothing names {context.Shown(name)} any more",
                    "2. the next release, when no running one names it: drop it, and accept the hazard with that reason"
                )
            );
        }
    }
}
