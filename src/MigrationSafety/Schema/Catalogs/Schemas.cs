namespace MigrationSafety.Schema.Catalogs;

internal static class Schemas
{
    public const string Sql = """
        SELECT 'schema', quote_ident(nspname), 0, 0, NULL, NULL FROM covered_schema
        """;
}
