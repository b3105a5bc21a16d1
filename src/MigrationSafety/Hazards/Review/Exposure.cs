using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>Who can reach what: whether an API serves this schema to anybody who asks, and what was said about who may.</summary>
internal static class Exposure
{
    /// <summary>The creator and the schema's own administrators, who may do everything anyway.</summary>
    public static bool IsTrusted(string role) =>
        role is "service_role" or "current_user" or "session_user" or "postgres"
        || TrustedWords.Any(word => role.Contains(word, StringComparison.Ordinal));

    /// <summary>
    /// Whether there is a sign that strangers reach this schema as roles of their own: such a role is named, or row-level security is used
    /// anywhere. Without one, an application stands before the database, and a table without row-level security is as it should be.
    /// </summary>
    public static bool IsServed(this HazardContext context) =>
        IsServed(context.Schema, context.Options)
        || IsServed(context.SchemaBefore, context.Options)
        || context.Statements.Any(s => s.Statement is RoleStatement role && IsNamedApiRole(role.Name, context.Options));

    /// <summary>Whether an API serves the schema that an object is in.</summary>
    public static bool IsExposed(this HazardContext context, ObjectName name) =>
        context.Options.ExposedSchemas.Contains(name.SchemaOrPublic);

    /// <summary>Whether what was written takes every privilege on an object from whoever an API acts as.</summary>
    public static bool IsClosed(this HazardContext context, ObjectName name)
    {
        var closed = false;
        foreach (var grant in context.Schema.Grants.Where(g => Concerns(g, name)))
        {
            var strangers = grant.Grantees.Any(role => context.Options.ApiRoles.Contains(role));
            closed = grant.IsRevoke ? closed || (strangers && grant.Privileges.Contains("ALL")) : closed && !strangers;
        }

        return closed;
    }

    /// <summary>Whether a grant is about an object, by name or by its schema.</summary>
    public static bool Concerns(GrantStatement grant, ObjectName name) =>
        grant.AllInSchema
            ? grant.Objects.Any(schema => schema.Name == name.SchemaOrPublic)
            : grant.Objects.Any(o => o.Name == name.Name && o.SchemaOrPublic == name.SchemaOrPublic);

    /// <summary>Whether an API role other than everybody is meant.</summary>
    public static bool IsNamedApiRole(string role, HazardOptions options) =>
        role != "public" && options.ApiRoles.Contains(role);

    private static bool IsServed(SchemaState schema, HazardOptions options) =>
        schema.Tables.Values.Any(t => t.RowLevelSecurity || !t.Policies.IsEmpty)
        || schema.Grants.Any(g => g.Grantees.Any(role => IsNamedApiRole(role, options)))
        || schema.DefaultPrivileges.Any(d => d.Change.Grantees.Any(role => IsNamedApiRole(role, options)));

    private static readonly string[] TrustedWords = ["admin", "owner", "migrat", "service", "deploy", "backup"];
}
