namespace MigrationSafety.Schema.Catalogs;

internal static class Owners
{
    // Whoever owns an object may do everything with it, and a SECURITY DEFINER function or a view runs with their rights.
    public const string Sql = """
        , owned AS (
            SELECT 'schema' AS kind, quote_ident(nspname) AS name, nspowner AS owner FROM covered_schema
            UNION ALL SELECT kind, name, relowner FROM relation WHERE relkind <> 'c'
            UNION ALL SELECT kind, name, typowner FROM covered_type
            UNION ALL SELECT kind, name, proowner FROM routine
        )
        SELECT kind, name, 85, 0, 'owner', quote_ident(pg_get_userbyid(owner))
        FROM owned WHERE owner NOT IN (SELECT oid FROM owner_role)
        """;
}
