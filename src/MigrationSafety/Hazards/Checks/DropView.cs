using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>DROP VIEW of a view that is not made again.</summary>
internal sealed class DropView : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "drop-view",
            HazardGroup.BreaksTheRunningRelease,
            "A view is dropped that the running release may still read",
            "From this moment on each query on the view fails in the release that is still running, and in the one before when it is rolled back to. "
                + "A view is dropped one release after the last one that reads it.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, active boolean); CREATE VIEW active_users WITH (security_invoker = true) AS SELECT id FROM users WHERE active;",
                    "DROP VIEW active_users;",
                    """
                    BEGIN;
                    DROP VIEW active_users;
                    CREATE VIEW active_users WITH (security_invoker = true) AS SELECT id FROM users WHERE active IS TRUE;
                    COMMIT;
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not DropStatement { Kind: ObjectKind.View or ObjectKind.MaterializedView } drop)
        {
            yield break;
        }

        foreach (var name in drop.Names)
        {
            if (
                context.Schema.Views.GetValueOrDefault(context.Schema.Resolve(name))?.CreatedIn
                    == context.Schema.Migration
                || Later.IsThereAgain(context, name)
            )
            {
                continue;
            }

            var view = context.Shown(name);
            yield return new Found(
                statement,
                view,
                $"Where the release that is running reads {view}, its queries fail from this moment on, until the new release is everywhere; after a rollback of "
                    + "the application they fail again.",
                Instead.Remarks(
                    context,
                    $"1. this release: the application no longer reads {view}",
                    "2. the next release, when no running one reads it: drop it, and accept the hazard with that reason"
                )
            );
        }
    }
}
