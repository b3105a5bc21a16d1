using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>DROP EXTENSION.</summary>
internal sealed class DropExtension : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "drop-extension",
            HazardGroup.BreaksTheRunningRelease,
            "An extension is dropped whose functions the running release may call",
            "With the extension go its functions, types and operators. Where the release that is still running, or a function's body, uses them, it fails "
                + "from this moment on.",
            null,
            [
                new HazardExample(
                    "CREATE EXTENSION pg_trgm WITH SCHEMA extensions;",
                    "DROP EXTENSION pg_trgm;",
                    "ALTER EXTENSION pg_trgm UPDATE;"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not DropStatement { Kind: ObjectKind.Extension } drop)
        {
            yield break;
        }

        foreach (
            var name in drop.Names.Where(name =>
                !context.Before.Any(s => s.Statement is CreateExtension made && made.Name == name.Name)
            )
        )
        {
            yield return new Found(
                statement,
                ObjectName.Quoted(name.Name),
                $"Where the release that is running, or a function, uses what the extension {ObjectName.Quoted(name.Name)} brings, it fails from this moment on.",
                Instead.Remarks(
                    context,
                    $"1. a release in which nothing uses {ObjectName.Quoted(name.Name)}",
                    "2. the next one drops it, and accepts the hazard with that reason"
                )
            );
        }
    }
}
