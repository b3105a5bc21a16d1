namespace MigrationSafety.Schema.Catalogs;

internal static class Roles
{
    // Roles belong to the server, so only those that grants and policies name are told of, and of them only what makes
    // grants and policies mean something else: a role that policies do not apply to, or that may act as another.
    // $3: the roles that are meant to bypass row-level security.
    public const string Sql = """
        , named AS (
            SELECT (aclexplode(nspacl)).grantee AS role FROM covered_schema
            UNION SELECT (aclexplode(relacl)).grantee FROM relation
            UNION SELECT (aclexplode(a.attacl)).grantee FROM relation c JOIN pg_attribute a ON a.attrelid = c.oid
            UNION SELECT (aclexplode(proacl)).grantee FROM routine
            UNION SELECT unnest(p.polroles) FROM relation c JOIN pg_policy p ON p.polrelid = c.oid
        ),
        grantee AS (
            SELECT r.* FROM named JOIN pg_roles r ON r.oid = named.role WHERE r.oid NOT IN (SELECT oid FROM owner_role)
        )
        SELECT 'role', quote_ident(rolname), 0, 0, NULL, NULL FROM grantee
        UNION ALL
        SELECT 'role', quote_ident(rolname), 1, 0, 'bypasses row-level security', 'yes'
        FROM grantee WHERE rolbypassrls AND rolname <> ALL ($3)
        UNION ALL
        SELECT 'role', quote_ident(g.rolname), 2, 0, 'member of ' ||
            CASE WHEN o.oid IN (SELECT oid FROM owner_role) THEN 'the owner' ELSE quote_ident(o.rolname) END, 'yes'
        FROM grantee g JOIN pg_auth_members m ON m.member = g.oid JOIN pg_roles o ON o.oid = m.roleid
        """;
}
