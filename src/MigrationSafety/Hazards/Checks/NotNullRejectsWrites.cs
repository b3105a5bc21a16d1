using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>SET NOT NULL on a column that the running release may leave out, without anything that has kept nulls out before.</summary>
internal sealed class NotNullRejectsWrites : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "not-null-rejects-writes",
            HazardGroup.BreaksTheRunningRelease,
            "A column must be given from now on, and the running release may leave it out",
            "Until now the column could be left out, and it has no default: where the release that is still running does so, its inserts fail from this "
                + "moment on. A check (… IS NOT NULL) NOT VALID, added when the application always gives the value, shows in a release of its own "
                + "whether that is true; a default fills what is left out, but not a NULL that is given by name, as EF Core gives one for a property that "
                + "is null.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, phone text);",
                    "ALTER TABLE users ALTER COLUMN phone SET NOT NULL;",
                    """
                    ALTER TABLE users ALTER COLUMN phone SET DEFAULT '';
                    ALTER TABLE users ADD CONSTRAINT users_phone_not_null CHECK (phone IS NOT NULL) NOT VALID;
                    ALTER TABLE users VALIDATE CONSTRAINT users_phone_not_null;
                    ALTER TABLE users ALTER COLUMN phone SET NOT NULL;
                    ALTER TABLE users DROP CONSTRAINT users_phone_not_null;
                    """
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
        foreach (var required in Proven.Required(alter))
        {
            var known = table?.Column(required);
            if (
                known is null or { NotNull: true } or { FillsItself: true }
                // A column of this migration is required-column-without-default's.
                || known.AddedIn == context.Schema.Migration
                || Proven.NotNull(table, required)
                || alter
                    .Actions.Concat(LaterActions(alter.Name, context))
                    .Any(a => a is SetDefault later && later.Column == required)
            )
            {
                continue;
            }

            var shown = context.Shown(alter.Name);
            var column = ObjectName.Quoted(required);
            yield return new Found(
                statement,
                shown,
                $"{column} could be left out so far and has no default: where the release that is running inserts rows into {shown} without it, that fails from this "
                    + "moment on.",
                Instead.Steps(
                    context,
                    [
                        new Step(
                            $"ALTER TABLE {alter.Name} ALTER COLUMN {column} SET DEFAULT …",
                            Remark: "a default fills what the old release leaves out; or first a release that always gives the value:"
                        ),
                        .. Proven.StepsToNotNull(alter.Name, required, context),
                    ]
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
