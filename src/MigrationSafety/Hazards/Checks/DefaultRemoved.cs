using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>DROP DEFAULT of a column that is not new.</summary>
internal sealed class DefaultRemoved : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "default-removed",
            HazardGroup.BreaksTheRunningRelease,
            "A default is removed on which the running release relies",
            "The release that is still running may insert rows without the column, because the database filled it. Without the default such an insert "
                + "fails where the column is NOT NULL, and else leaves a null that nobody expects. A default is removed one release after the first "
                + "one that always gives the value.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, language text NOT NULL DEFAULT 'en');",
                    "ALTER TABLE users ALTER COLUMN language DROP DEFAULT;",
                    "ALTER TABLE users ALTER COLUMN language SET DEFAULT 'de';"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not AlterTable { Kind: ObjectKind.Table } alter || !context.IsInUse(alter.Name))
        {
            yield break;
        }

        var table = context.Schema.Table(alter.Name);
        foreach (var action in alter.Actions)
        {
            var column = action switch
            {
                DropDefault drop => drop.Column,
                DropIdentity drop => drop.Column,
                _ => null,
            };
            if (column is null)
            {
                continue;
            }

            var known = table?.Column(column);
            if (
                (known is not null && (known.AddedIn == context.Schema.Migration || !known.FillsItself))
                || alter
                    .Actions.Concat(LaterActions(alter.Name, context))
                    .Any(a =>
                        (a is SetDefault set && set.Column == column)
                        || (a is AddIdentity add && add.Column == column)
                        || (a is DropColumn gone && gone.Column == column)
                    )
            )
            {
                continue;
            }

            var shown = context.Shown(alter.Name);
            var name = ObjectName.Quoted(column);
            yield return new Found(
                statement,
                shown,
                $"Where the release that is running inserts rows into {shown} without {name}, "
                    + (
                        known?.NotNull == false
                            ? "they get a null from this moment on that nobody expects."
                            : "each such insert fails from this moment on."
                    ),
                Instead.Remarks(
                    context,
                    $"1. this release: the application always gives {name}",
                    "2. the next release, when no running one relies on the default: drop it, and accept the hazard with that reason"
                )
            );
        }
    }

    private static IEnumerable<TableAction> LaterActions(ObjectName table, HazardContext context) =>
        Later
            .Statements(context)
            .OfType<AlterTable>()
            .Where(a => context.Schema.Resolve(a.Name) == context.Schema.Resolve(table))
            .SelectMany(a => a.Actions);
}
