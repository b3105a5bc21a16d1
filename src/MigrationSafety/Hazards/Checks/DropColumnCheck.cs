using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>DROP COLUMN on a table in use.</summary>
internal sealed class DropColumnCheck : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "drop-column",
            HazardGroup.BreaksTheRunningRelease,
            "A column is dropped that the running release still names",
            "EF Core names every mapped column in its queries, so from this moment on each query on the table fails in the release that is still "
                + "running, and in the one before when it is rolled back to. The values are gone for good. A column is dropped one release "
                + "after the last one that names it.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, nickname text NOT NULL);",
                    "ALTER TABLE users DROP COLUMN nickname;",
                    "ALTER TABLE users ALTER COLUMN nickname DROP NOT NULL;",
                    """
                    // This release: take the property out of the model, and only let the database do without it.
                    migrationBuilder.Sql("ALTER TABLE users ALTER COLUMN nickname DROP NOT NULL;");
                    // The next release, when no running one names it: migrationBuilder.DropColumn(name: "nickname", table: "users");
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is not AlterTable { Kind: ObjectKind.Table or ObjectKind.ForeignTable } alter
            || !context.IsInUse(alter.Name)
        )
        {
            yield break;
        }

        foreach (var drop in alter.Actions.OfType<DropColumn>())
        {
            var known = context.Schema.Column(alter.Name, drop.Column);
            if (known is not null && known.AddedIn == context.Schema.Migration)
            {
                continue;
            }

            var table = context.Shown(alter.Name);
            var column = ObjectName.Quoted(drop.Column);
            var mustBeGiven = known is { NotNull: true, FillsItself: false };
            yield return new Found(
                statement,
                table,
                $"The release that is running uses the column {column} in its queries on {table}: from this moment on they fail, until the new release is everywhere; after a "
                    + $"rollback of the application they fail again. The values of {column} are gone for good.",
                Instead.Remarks(
                    context,
                    context.IsMigration
                        ? $"1. this release: take the property for {column} out of the model, and this DropColumn out of the migration"
                        : $"1. this release: the application no longer names {column}"
                )
                    + "\n"
                    + (
                        mustBeGiven
                            ? Instead.Steps(
                                context,
                                new Step(
                                    $"ALTER TABLE {alter.Name} ALTER COLUMN {column} DROP NOT NULL",
                                    Remark: "   and rows may come without it:"
                                )
                            ) + "\n"
                            : ""
                    )
                    + Instead.Remarks(
                        context,
                        "2. the next release, when no running one names it: drop it, and accept the hazard with that reason"
                    )
                    + (
                        context.IsMigration
                            ? "\n"
                                + Instead.Remarks(
                                    context,
                                    "   by then the model differs in nothing: dotnet ef migrations add makes an empty migration; write this DropColumn into it by hand"
                                )
                            : ""
                    )
            );
        }
    }
}
