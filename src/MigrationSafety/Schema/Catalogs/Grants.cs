namespace MigrationSafety.Schema.Catalogs;

internal static class Grants
{
    // - An empty ACL means the built-in default, and one that says the same must read the same: acldefault.
    // - The owner's own privileges are left out: they can give them back to themselves at any time.
    // - What PUBLIC may do is said once, for PUBLIC: a role that holds the same privilege by name gains nothing by it.
    // - MAINTAIN exists from PostgreSQL 17 on, where GRANT ALL includes it; it reads and writes no data.
    // - A column's privilege that the same role holds on the whole table is left out for the same reason.
    public const string Sql = """
        , acl AS (
            SELECT 'schema' AS kind, quote_ident(nspname) AS name, nspowner AS owner, 0 AS attnum, NULL::text AS attname,
                coalesce(nspacl, acldefault('n', nspowner)) AS acl
            FROM covered_schema
            UNION ALL
            SELECT kind, name, relowner, 0, NULL, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
            FROM relation WHERE relkind <> 'c'
            UNION ALL
            SELECT c.kind, c.name, c.relowner, a.attnum, quote_ident(a.attname), a.attacl
            FROM relation c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
            WHERE a.attacl IS NOT NULL
            UNION ALL
            SELECT kind, name, proowner, 0, NULL, coalesce(proacl, acldefault('f', proowner)) FROM routine
            UNION ALL
            SELECT kind, name, typowner, 0, NULL, coalesce(typacl, acldefault('T', typowner)) FROM covered_type
        ),
        held AS (
            SELECT DISTINCT acl.kind, acl.name, acl.attnum, acl.attname, item.grantee, item.privilege_type, item.is_grantable
            FROM acl, aclexplode(acl.acl) AS item
            WHERE item.grantee <> acl.owner AND item.grantee NOT IN (SELECT oid FROM owner_role)
                AND item.privilege_type <> 'MAINTAIN'
        ),
        -- A role's privilege once with and once without the right to pass it on is one with it.
        strongest AS (
            SELECT kind, name, attnum, attname, grantee, privilege_type, bool_or(is_grantable) AS is_grantable
            FROM held GROUP BY 1, 2, 3, 4, 5, 6
        ),
        told AS (
            SELECT * FROM strongest one
            WHERE NOT EXISTS (
                SELECT FROM strongest more
                WHERE (more.kind, more.name, more.privilege_type) = (one.kind, one.name, one.privilege_type)
                    AND more.is_grantable >= one.is_grantable
                    AND (more.grantee = one.grantee AND more.attnum = 0 AND one.attnum <> 0
                        OR more.grantee = 0 AND one.grantee <> 0 AND more.attnum IN (0, one.attnum))
            )
        ),
        privilege AS (
            SELECT kind, name, grantee, privilege_type,
                privilege_type
                    || coalesce(' (' || string_agg(attname, ', ' ORDER BY attnum) FILTER (WHERE attnum <> 0) || ')', '')
                    || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS said
            FROM told GROUP BY kind, name, grantee, privilege_type, is_grantable, attnum = 0
        )
        SELECT kind, name, 90, 0, 'grant to ' || coalesce(quote_ident(r.rolname), 'PUBLIC'),
            string_agg(said, ', ' ORDER BY
                array_position(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'USAGE', 'CREATE', 'EXECUTE'], privilege_type),
                said)
        FROM privilege LEFT JOIN pg_roles r ON r.oid = grantee
        GROUP BY kind, name, grantee, r.rolname
        """;
}
