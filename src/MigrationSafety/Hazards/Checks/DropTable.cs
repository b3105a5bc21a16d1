using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>DROP TABLE of a table in use.</summary>
internal sealed class DropTable : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "drop-table",
            HazardGroup.BreaksTheRunningRelease,
            "A table is dropped that the running release still uses",
            "From this moment on each query on the table fails in the release that is still running, and in the one before when it is rolled back "
                + "to. The rows are gone for good. A table is dropped one release after the last one that uses it; renaming it first shows "
                + "whether anybody still does, and is undone in a moment.",
            null,
            [
                new HazardExample("CREATE TABLE visits (id bigint PRIMARY KEY);", "DROP TABLE visits;", null),
                new HazardExample(
                    "CREATE TABLE visits (id bigint PRIMARY KEY);",
                    "DROP TABLE IF EXISTS public.visits, pets;",
                    null
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not DropStatement { Kind: ObjectKind.Table or ObjectKind.ForeignTable } drop)
        {
            yield break;
        }

        foreach (var name in drop.Names.Where(context.IsInUse))
        {
            // Not there before, made further down: what makes a script repeatable drops nothing.
            if (
                drop.IfExists
                && !context.SchemaBefore.Tables.IsEmpty
                && context.Schema.Table(name) is null
                && Later.IsThereAgain(context, name)
            )
            {
                continue;
            }

            var table = context.Shown(name);
            yield return new Found(
                statement,
                table,
                $"The release that is running uses {table}: from this moment on its queries fail, until the new release is everywhere; after a rollback of the "
                    + $"application they fail again. The rows of {table} are gone for good.",
                Instead.Remarks(
                    context,
                    context.IsMigration
                        ? $"1. this release: take the entity of {table} out of the model, and this DropTable out of the migration"
                        : $"1. this release: the application no longer uses {table}",
                    $"2. take a backup of it: pg_dump --table={table}",
                    "3. the next release, when no running one uses it: drop it, and accept the hazard with that reason"
                )
            );
        }
    }
}
