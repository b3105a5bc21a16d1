namespace MigrationSafety.Statements.Syntax;

/// <summary>CREATE POLICY.</summary>
/// <remarks>
/// Command: ALL, SELECT, INSERT, UPDATE or DELETE.
/// Roles: Whom it is for; public where nobody is named.
/// </remarks>
internal sealed record CreatePolicy(
    string Name,
    ObjectName Table,
    bool IsPermissive,
    string Command,
    IReadOnlyList<string> Roles,
    Expression? Using,
    Expression? WithCheck
) : Statement;

/// <summary>ALTER POLICY.</summary>
internal sealed record AlterPolicy(
    string Name,
    ObjectName Table,
    string? RenamedTo,
    IReadOnlyList<string>? Roles,
    Expression? Using,
    Expression? WithCheck
) : Statement;

/// <summary>GRANT and REVOKE of privileges on objects.</summary>
/// <remarks>
/// Privileges: In upper case, ALL for all of them.
/// Kind: What they are on.
/// Objects: Their names; schemas, where <paramref name="AllInSchema"/> says so.
/// AllInSchema: Whether ALL … IN SCHEMA is written.
/// Columns: Whether it names columns.
/// Grantees: The roles, in catalog spelling; public for PUBLIC.
/// </remarks>
internal sealed record GrantStatement(
    bool IsRevoke,
    IReadOnlyList<string> Privileges,
    ObjectKind Kind,
    IReadOnlyList<ObjectName> Objects,
    bool AllInSchema,
    bool Columns,
    IReadOnlyList<string> Grantees
) : Statement;

/// <summary>GRANT and REVOKE of membership in roles.</summary>
internal sealed record GrantRole(bool IsRevoke, IReadOnlyList<string> Roles, IReadOnlyList<string> Grantees)
    : Statement;

/// <summary>ALTER DEFAULT PRIVILEGES.</summary>
internal sealed record AlterDefaultPrivileges(IReadOnlyList<string> Schemas, GrantStatement Change) : Statement;

/// <summary>CREATE and ALTER ROLE or USER.</summary>
/// <remarks>Password: Whether a password other than NULL stands in it.</remarks>
internal sealed record RoleStatement(bool IsCreate, string Name, bool Password) : Statement;
