namespace MigrationSafety.Schema.Catalogs;

internal static class Policies
{
    // An expression with a sub-select comes laid out over several lines; in one it is easier to compare.
    public const string Sql = """
        SELECT c.kind, c.name, 61, 0, 'policy ' || quote_ident(p.polname),
            concat_ws(' ',
                CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                'FOR',
                CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                'TO',
                (SELECT string_agg(coalesce(quote_ident(r.rolname), 'PUBLIC'), ', ' ORDER BY r.rolname COLLATE "C")
                    FROM unnest(p.polroles) AS role LEFT JOIN pg_roles r ON r.oid = role),
                'USING (' || regexp_replace(pg_get_expr(p.polqual, p.polrelid), '\s*\n\s*', ' ', 'g') || ')',
                'WITH CHECK (' || regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid), '\s*\n\s*', ' ', 'g') || ')')
        FROM relation c JOIN pg_policy p ON p.polrelid = c.oid
        """;
}
