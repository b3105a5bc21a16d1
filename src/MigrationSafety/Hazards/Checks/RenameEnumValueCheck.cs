using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>ALTER TYPE … RENAME VALUE.</summary>
internal sealed class RenameEnumValueCheck : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "rename-enum-value",
            HazardGroup.BreaksTheRunningRelease,
            "A label of an enum is renamed under the running release",
            "The release that is still running writes the old label, and each such write fails; it reads the new one, and does not know it. A new label "
                + "beside the old one lets both releases work.",
            null,
            [
                new HazardExample(
                    "CREATE TYPE mood AS ENUM ('sad', 'happy');",
                    "ALTER TYPE mood RENAME VALUE 'happy' TO 'glad';",
                    "ALTER TYPE mood ADD VALUE 'glad';"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is RenameEnumValue rename
            && context.Schema.Enums.GetValueOrDefault(context.Schema.Resolve(rename.Type))?.CreatedIn
                != context.Schema.Migration
        )
        {
            var type = context.Shown(rename.Type);
            yield return new Found(
                statement,
                type,
                $"The release that is running writes '{rename.From}', which {type} no longer knows: from this moment on each such write fails, and what it reads as "
                    + $"'{rename.To}' it does not know.",
                Instead.Steps(
                    context,
                    new Step(
                        $"ALTER TYPE {rename.Type} ADD VALUE '{rename.To}'",
                        Remark: "1. a label beside the old one:"
                    )
                )
                    + "\n"
                    + Instead.Remarks(
                        context,
                        $"2. a release that reads both and writes '{rename.To}'",
                        $"3. the rows that hold '{rename.From}', updated in batches; the old label stays, unused"
                    )
            );
        }
    }
}
