using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A privilege for PUBLIC, or for those who are not signed in.</summary>
internal sealed class GrantToEverybody : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "grant-to-everybody",
            HazardGroup.OpensADoor,
            "A privilege for everybody",
            "PUBLIC is every role there is, also those that are made later; anon is whoever opens the web page. What is granted to them is "
                + "granted to strangers. Name the role that needs it. Reading is fine for anon where row-level security and a policy say which "
                + "rows; TRUNCATE is asked by no policy, and ALL includes it.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE invoices (id bigint PRIMARY KEY, user_id bigint NOT NULL);",
                    "GRANT SELECT, INSERT, UPDATE ON invoices TO PUBLIC;",
                    "GRANT SELECT, INSERT, UPDATE ON invoices TO billing;"
                ),
                new HazardExample(
                    """
                    CREATE TABLE prices (id bigint PRIMARY KEY, is_public boolean NOT NULL);
                    ALTER TABLE prices ENABLE ROW LEVEL SECURITY;
                    CREATE POLICY prices_read ON prices FOR SELECT TO anon USING (is_public);
                    """,
                    "GRANT ALL ON prices TO anon;",
                    "GRANT SELECT ON prices TO anon;"
                ),
            ]
        );

    public override IEnumerable<Found> CheckEnd(HazardContext context)
    {
        for (var i = 0; i < context.Statements.Count; i++)
        {
            var statement = context.Statements[i];
            var everybody = statement.Statement switch
            {
                GrantStatement { IsRevoke: false } grant => grant.Grantees.Where(IsEverybody).ToList(),
                GrantRole { IsRevoke: false } grant => grant.Grantees.Where(IsEverybody).ToList(),
                _ => [],
            };
            foreach (var role in everybody)
            {
                if (Opened(statement.Statement, role, context, i) is { } opened)
                {
                    var who =
                        role == "public"
                            ? "Every role, also each that is made later,"
                            : "Whoever is not signed in (anon)";
                    yield return new Found(
                        statement,
                        opened.Object,
                        $"{who} may from now on {opened.May}.",
                        opened.Instead
                    );
                }
            }
        }
    }

    private static bool IsEverybody(string role) => role is "public" or "anon";

    private static (string? Object, string May, string Instead)? Opened(
        Statement statement,
        string role,
        HazardContext context,
        int at
    )
    {
        if (statement is GrantRole roles)
        {
            return (
                roles.Roles[0],
                $"act as {string.Join(", ", roles.Roles)}",
                context.AsWritten($"REVOKE {string.Join(", ", roles.Roles)} FROM {Written(role)};")
            );
        }

        var grant = (GrantStatement)statement;
        var privileges = string.Join(", ", grant.Privileges);
        var objects = grant.Objects.Where(o => IsOpen(grant, o, role, context) && !IsTakenBack(o)).ToList();
        if (objects.Count == 0)
        {
            return null;
        }

        var on = grant.AllInSchema
            ? $"everything in schema {string.Join(", ", objects.Select(o => ObjectName.Quoted(o.Name)))}"
            : string.Join(", ", objects.Select(context.Shown));
        return (
            grant.AllInSchema ? ObjectName.Quoted(objects[0].Name) : context.Shown(objects[0]),
            grant.Kind switch
            {
                ObjectKind.Schema =>
                    $"create objects in schema {string.Join(", ", objects.Select(o => ObjectName.Quoted(o.Name)))}",
                ObjectKind.Database => $"do {privileges} in the database {ObjectName.Quoted(objects[0].Name)}",
                ObjectKind.Function or ObjectKind.Procedure or ObjectKind.Routine => $"call {on}",
                _ => $"do {privileges} on {on}",
            },
            context.AsWritten(
                $"GRANT {privileges} ON {Kind(grant)} {string.Join(", ", objects)} TO <the role that needs it>;"
            )
        );

        // Given and taken in one script: what counts is the end.
        bool IsTakenBack(ObjectName name) =>
            context
                .Statements.Skip(at + 1)
                .Any(s =>
                    s.Statement is GrantStatement { IsRevoke: true } revoke
                    && revoke.Kind == grant.Kind
                    && revoke.Grantees.Contains(role)
                    && (revoke.Privileges.Contains("ALL") || grant.Privileges.All(revoke.Privileges.Contains))
                    && (
                        grant.AllInSchema
                            ? revoke.AllInSchema && revoke.Objects.Contains(name)
                            : Exposure.Concerns(revoke, context.Schema.Resolve(name))
                    )
                );
    }

    private static bool IsOpen(GrantStatement grant, ObjectName name, string role, HazardContext context)
    {
        switch (grant.Kind)
        {
            case ObjectKind.Schema:
                return grant.Privileges.Intersect(["ALL", "CREATE"]).Any();
            case ObjectKind.Database:
                return grant.Privileges.Intersect(["ALL", "CREATE"]).Any();
            case ObjectKind.Sequence:
                return grant.Privileges.Intersect(["ALL", "UPDATE"]).Any();
            case ObjectKind.Function or ObjectKind.Procedure or ObjectKind.Routine:
                // anon calls single functions by intent; SecurityDefinerExposed looks at those that do more than their caller may.
                return grant.AllInSchema || role == "public";
            case ObjectKind.Table or ObjectKind.View or ObjectKind.MaterializedView or ObjectKind.ForeignTable:
                break;
            default:
                return false;
        }

        if (grant.AllInSchema || grant.Privileges.Intersect(["ALL", "TRUNCATE", "TRIGGER", "REFERENCES"]).Any())
        {
            return true;
        }

        var full = context.Schema.Resolve(name);
        if (full.Schema is "information_schema" or "pg_catalog")
        {
            return false;
        }

        if (context.Schema.Views.TryGetValue(full, out var view))
        {
            return view.IsMaterialized || !view.Options.ContainsKey("security_invoker");
        }

        return context.Schema.Table(full) is not { RowLevelSecurity: true } table
            || !table.Policies.Any(p => p.Roles.Contains(role) || p.Roles.Contains("public"));
    }

    private static string Written(string role) => role == "public" ? "PUBLIC" : ObjectName.Quoted(role);

    private static string Kind(GrantStatement grant)
    {
        var kind = grant.Kind switch
        {
            ObjectKind.Schema => "SCHEMA",
            ObjectKind.Database => "DATABASE",
            ObjectKind.Sequence => "SEQUENCE",
            ObjectKind.Function => "FUNCTION",
            ObjectKind.Procedure => "PROCEDURE",
            ObjectKind.Routine => "ROUTINE",
            _ => "TABLE",
        };
        return grant.AllInSchema ? $"ALL {kind}S IN SCHEMA" : kind;
    }
}
