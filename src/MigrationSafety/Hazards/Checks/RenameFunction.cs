using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>ALTER FUNCTION … RENAME TO or SET SCHEMA.</summary>
internal sealed class RenameFunction : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "rename-function",
            HazardGroup.BreaksTheRunningRelease,
            "A function is renamed under the running release",
            "The release that is still running, and other functions, call the old name: from this moment on each such call fails. A function of the new "
                + "name beside the old one lets both work.",
            null,
            [
                new HazardExample(
                    "CREATE FUNCTION app.slug(title text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(title)';",
                    "ALTER FUNCTION app.slug(text) RENAME TO slugify;",
                    "CREATE FUNCTION app.slugify(title text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(title)';"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is AlterRoutine alter
            && (alter.RenamedTo is not null || alter.NewSchema is not null)
            && context
                .Schema.Routines.GetValueOrDefault(context.Schema.Resolve(alter.Name))
                ?.All(r => r.CreatedIn == context.Schema.Migration) != true
        )
        {
            var function = context.Shown(alter.Name);
            yield return new Found(
                statement,
                function,
                $"Where the release that is running, or another function, calls {function}, it fails from this moment on, until the new release is everywhere.",
                Instead.Remarks(
                    context,
                    "1. create a function of the new name beside the old one (the old one may call it)",
                    "2. a release that calls the new one",
                    $"3. a later migration drops {function}"
                )
            );
        }
    }
}
