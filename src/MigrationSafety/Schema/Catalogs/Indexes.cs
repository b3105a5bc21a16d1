namespace MigrationSafety.Schema.Catalogs;

internal static class Indexes
{
    // The index of a constraint is the constraint's. An invalid one is what a failed CREATE INDEX CONCURRENTLY leaves.
    public const string Sql = """
        SELECT c.kind, c.name, 30, 0, 'index ' || quote_ident(x.relname),
            concat_ws(' ',
                CASE WHEN i.indisunique THEN 'UNIQUE' END,
                substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$'),
                CASE WHEN NOT (i.indisvalid AND i.indisready AND i.indislive) THEN 'INVALID' END)
        FROM relation c JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid
        WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
        """;
}
