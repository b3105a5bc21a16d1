using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A SECURITY DEFINER function that takes its caller's search path.</summary>
internal sealed class SecurityDefinerSearchPath : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "security-definer-search-path",
            HazardGroup.OpensADoor,
            "A function with its owner's rights, and its caller's search path",
            "A SECURITY DEFINER function does what its owner may do. The search path says which schema a name without one belongs to, and the "
                + "caller sets it: whoever can make a table or a function anywhere, a temporary one too, puts it in front, and the function "
                + "uses theirs with the owner's rights. SET search_path = '' makes every name in it say its schema.",
            null,
            [
                new HazardExample(
                    "CREATE SCHEMA app_private; CREATE TABLE app_private.log (id bigint PRIMARY KEY, entry text NOT NULL);",
                    """
                    CREATE FUNCTION app_private.last_entry() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
                      AS 'SELECT entry FROM app_private.log ORDER BY id DESC LIMIT 1';
                    """,
                    """
                    CREATE FUNCTION app_private.last_entry() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
                      AS 'SELECT entry FROM app_private.log ORDER BY id DESC LIMIT 1';
                    """
                ),
            ]
        );

    /// <summary>What can be said of a function that nobody was seen creating.</summary>
    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Statement is not AlterRoutine { SecurityDefiner: true, SearchPath: null } alter
            || context.Schema.Routines.Keys.Any(IsSame)
            || context.Statements.Any(s =>
                s.Statement is AlterRoutine { SearchPath: not null } other && IsSame(other.Name)
            )
        )
        {
            yield break;
        }

        var name = context.Shown(alter.Name);
        yield return new Found(
            statement,
            name,
            $"{name}() runs with its owner's rights from now on, and nothing here says that it has a search path of its own: without one it looks names up "
                + "where its caller says.",
            context.AsWritten($"{statement.Text} SET search_path = '';")
        );

        bool IsSame(ObjectName other) =>
            other.Name == alter.Name.Name && (other.Schema ?? "public") == (alter.Name.Schema ?? "public");
    }

    public override IEnumerable<Found> CheckEnd(HazardContext context)
    {
        foreach (var routine in context.ChangedRoutines)
        {
            var definition = routine.Definition;
            if (!definition.SecurityDefiner || definition.SearchPath is not null)
            {
                continue;
            }

            var origin = context.OfRoutine(definition.Name, context.IsMadeHere(routine.CreatedIn));
            if (origin is null)
            {
                continue;
            }

            var name = context.Shown(definition.Name);
            yield return new Found(
                origin,
                name,
                $"{name}() runs with its owner's rights and looks names up where its caller says: whoever may make a temporary table makes it "
                    + "use theirs, and acts as the owner.",
                context.AsWritten(
                    $"ALTER {(definition.Kind == ObjectKind.Procedure ? "PROCEDURE" : "FUNCTION")} {definition.Name}({definition.Arguments}) SET search_path = '';"
                ) + $"\n{(context.IsMigration ? "//" : "--")} and in its body each name with its schema"
            );
        }
    }
}
