using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>DROP FUNCTION or PROCEDURE of one that is not made again.</summary>
internal sealed class DropFunction : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "drop-function",
            HazardGroup.BreaksTheRunningRelease,
            "A function is dropped that the running release may still call",
            "From this moment on each query that calls the function fails in the release that is still running, and in the one before when it is "
                + "rolled back to. PostgreSQL does not know what calls a function from another function's body, either. CREATE OR REPLACE "
                + "changes a function without a gap; one with other arguments gets another name and lives beside the old one for a release.",
            null,
            [
                new HazardExample(
                    "CREATE FUNCTION app.slug(title text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(title)';",
                    "DROP FUNCTION app.slug(text);",
                    "CREATE OR REPLACE FUNCTION app.slug(title text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(trim(title))';"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement
            is not DropStatement
            {
                Kind: ObjectKind.Function or ObjectKind.Procedure or ObjectKind.Routine or ObjectKind.Aggregate
            } drop
        )
        {
            yield break;
        }

        foreach (var name in drop.Names)
        {
            var known = context.Schema.Routines.GetValueOrDefault(context.Schema.Resolve(name));
            // A trigger's function is called by its trigger, and PostgreSQL refuses to drop one that has a trigger left.
            if (
                known is not null
                    && known.All(r => r.CreatedIn == context.Schema.Migration || r.Definition.Returns == "trigger")
                || Later
                    .Statements(context)
                    .Any(s =>
                        s is CreateRoutine made && context.Schema.Resolve(made.Name) == context.Schema.Resolve(name)
                    )
            )
            {
                continue;
            }

            var function = context.Shown(name);
            yield return new Found(
                statement,
                function,
                $"Where the release that is running, or another function, calls {function}, it fails from this moment on, until the new release is everywhere; after "
                    + "a rollback of the application it fails again.",
                Instead.Remarks(
                    context,
                    $"to change it: CREATE OR REPLACE; with other arguments, another name beside the old one",
                    $"to be rid of it: 1. a release that no longer calls {function}; 2. the next one drops it, and accepts the hazard with that reason"
                )
            );
        }
    }
}
