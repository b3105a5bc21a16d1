namespace MigrationSafety.Schema.Catalogs;

internal static class Extensions
{
    // No version: the server's packages decide it, not a migration.
    public const string Sql = """
        SELECT 'extension', quote_ident(e.extname), 0, 0, 'schema', quote_ident(n.nspname)
        FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname <> 'plpgsql' AND ($2 IS NULL OR e.extname = ANY ($2) OR n.nspname = ANY ($1))
        """;
}
