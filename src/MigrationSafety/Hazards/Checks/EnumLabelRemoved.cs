using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>An enum that is made again without one of its labels, or a label deleted from the catalog.</summary>
internal sealed class EnumLabelRemoved : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "enum-label-removed",
            HazardGroup.BreaksTheRunningRelease,
            "A label of an enum is gone that the running release may still write",
            "PostgreSQL cannot drop a label, so the type is made again without it. The release that is still running goes on writing the label, and "
                + "each such write fails. Rows that have it make the change of type itself fail. Deleting the label from pg_enum is worse: rows "
                + "and indexes that hold it can no longer be read.",
            null,
            [
                new HazardExample(
                    "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');",
                    """
                    ALTER TYPE mood RENAME TO mood_old;
                    CREATE TYPE mood AS ENUM ('sad', 'happy');
                    """,
                    null
                ),
                new HazardExample(
                    "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');",
                    "DELETE FROM pg_enum WHERE enumlabel = 'ok';",
                    null
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement.DataChanges.Any(c => c.Verb == "DELETE" && c.Table.Name == "pg_enum"))
        {
            yield return new Found(
                statement,
                "pg_enum",
                "This deletes a label from PostgreSQL's catalog. Rows and indexes that hold it can no longer be read, and nothing says which they are.",
                Remedy(context, "the label")
            );
        }

        if (statement.Statement is not CreateType { Labels: { } labels } create)
        {
            yield break;
        }

        var name = context.Schema.Resolve(create.Name);
        // Made under another name, and given the old one's further down.
        var renamed = Later
            .Statements(context)
            .OfType<AlterObject>()
            .FirstOrDefault(a =>
                a is { Kind: ObjectKind.Type, RenamedTo: not null } && context.Schema.Resolve(a.Name) == name
            )
            ?.RenamedTo;
        // The type as it was before this script, under the name that it had then.
        if (!context.SchemaBefore.Enums.TryGetValue(name with { Name = renamed ?? name.Name }, out var before))
        {
            yield break;
        }

        var gone = before.Labels.Except(labels).Select(l => $"'{l}'").ToList();
        if (gone.Count > 0)
        {
            yield return new Found(
                statement,
                context.Shown(create.Name),
                $"{context.Shown(create.Name)} no longer has {string.Join(", ", gone)}: the release that is running fails wherever it writes that, and rows that hold it "
                    + "make the change of type fail.",
                Remedy(context, string.Join(", ", gone))
            );
        }
    }

    private static string Remedy(HazardContext context, string labels) =>
        Instead.Remarks(
            context,
            $"leave {labels} in the type: an unused label costs nothing.",
            $"1. a release that no longer writes {labels}; 2. its rows updated in batches; a check constraint keeps new ones out."
        );
}
