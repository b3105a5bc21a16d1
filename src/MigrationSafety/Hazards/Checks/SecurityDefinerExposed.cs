using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A SECURITY DEFINER function that roles of the API may call.</summary>
internal sealed class SecurityDefinerExposed : HazardCheck
{
    private const string Served = """
        CREATE TABLE users (id bigint PRIMARY KEY);
        ALTER TABLE users ENABLE ROW LEVEL SECURITY;
        CREATE POLICY users_read ON users FOR SELECT TO authenticated USING (id = (SELECT auth.uid()));
        """;

    private const string Function = """
        CREATE FUNCTION count_users() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
          AS 'SELECT count(*) FROM public.users';
        """;

    public override Hazard Hazard { get; } =
        new(
            "security-definer-exposed",
            HazardGroup.OpensADoor,
            "A function with its owner's rights that the API lets anybody call",
            "A SECURITY DEFINER function does what its owner may do, and row-level security does not hold the owner back. PostgreSQL lets "
                + "everybody call a new function until that is revoked, and an API serves every function of its schemas: strangers call it with "
                + "arguments of their choice. In a schema that is not served, policies and other functions still reach it.",
            null,
            [
                new HazardExample(
                    Served,
                    Function,
                    Function + "\nREVOKE EXECUTE ON FUNCTION count_users() FROM PUBLIC, anon, authenticated;"
                ),
            ]
        );

    public override IEnumerable<Found> CheckEnd(HazardContext context)
    {
        if (!context.IsServed())
        {
            yield break;
        }

        // A grant may open one that was there before.
        var routines = context.Statements.Any(s => s.Statement is GrantStatement)
            ? context.Schema.Routines.Values.SelectMany(overloads => overloads)
            : context.ChangedRoutines;
        foreach (var routine in routines)
        {
            var definition = routine.Definition;
            if (
                !definition.SecurityDefiner
                || !context.IsExposed(definition.Name)
                // Only a trigger can call those.
                || definition.Returns?.Contains("trigger", StringComparison.Ordinal) == true
                || Callers(context.Schema, definition.Name, context.Options) is not { Count: > 0 } callers
            )
            {
                continue;
            }

            var origin =
                context.OfRoutine(definition.Name, context.IsMadeHere(routine.CreatedIn))
                ?? context.Last<GrantStatement>(grant =>
                    grant
                        is { IsRevoke: false, Kind: ObjectKind.Function or ObjectKind.Routine or ObjectKind.Procedure }
                    && Exposure.Concerns(grant, definition.Name)
                    && grant.Grantees.Intersect(context.Options.ApiRoles).Any()
                );
            if (origin is null)
            {
                continue;
            }

            var name = context.Shown(definition.Name);
            var kind = definition.Kind == ObjectKind.Procedure ? "PROCEDURE" : "FUNCTION";
            yield return new Found(
                origin,
                name,
                $"Anybody who reaches the API as {string.Join(", ", callers.Select(c => c == "public" ? "any role" : c))} may call {name}(), and "
                    + "it does what its owner may do: row-level security does not hold it back.",
                context.AsWritten(
                    $"REVOKE EXECUTE ON {kind} {definition.Name}({definition.Arguments}) FROM PUBLIC, anon, authenticated;"
                ) + $"\n{(context.IsMigration ? "//" : "--")} or make it in a schema that the API does not serve"
            );
        }
    }

    private static List<string> Callers(SchemaState schema, ObjectName name, HazardOptions options)
    {
        // By PostgreSQL's own default everybody may call a new function.
        var callers = new HashSet<string> { "public" };
        foreach (
            var change in schema.DefaultPrivileges.Where(d =>
                d.Change.Kind is ObjectKind.Function or ObjectKind.Routine
            )
        )
        {
            Apply(change.Change);
        }

        foreach (
            var grant in schema.Grants.Where(g =>
                g.Kind is ObjectKind.Function or ObjectKind.Procedure or ObjectKind.Routine
                && Exposure.Concerns(g, name)
            )
        )
        {
            Apply(grant);
        }

        return [.. callers.Where(options.ApiRoles.Contains).Order(StringComparer.Ordinal)];

        void Apply(GrantStatement change)
        {
            if (change.IsRevoke)
            {
                callers.ExceptWith(change.Grantees);
            }
            else
            {
                callers.UnionWith(change.Grantees);
            }
        }
    }
}
