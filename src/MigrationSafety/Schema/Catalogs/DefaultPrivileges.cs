namespace MigrationSafety.Schema.Catalogs;

internal static class DefaultPrivileges
{
    public const string Sql = """
        SELECT 'default privileges',
            coalesce('in ' || quote_ident(n.nspname) || ' ', '') || 'on '
                || CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' ELSE 'schemas' END
                || ' made by ' || CASE WHEN d.defaclrole IN (SELECT oid FROM owner_role) THEN 'the owner' ELSE quote_ident(pg_get_userbyid(d.defaclrole)) END,
            90, 0, 'grant to ' || coalesce(quote_ident(r.rolname), 'PUBLIC'),
            string_agg(DISTINCT item.privilege_type, ', ')
        FROM pg_default_acl d
            LEFT JOIN covered_schema n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) AS item
            LEFT JOIN pg_roles r ON r.oid = item.grantee
        WHERE (d.defaclnamespace = 0 OR n.oid IS NOT NULL)
            AND item.grantee <> d.defaclrole AND item.grantee NOT IN (SELECT oid FROM owner_role)
            AND item.privilege_type <> 'MAINTAIN'
        GROUP BY 1, 2, r.rolname
        """;
}
