namespace MigrationSafety.Schema.Catalogs;

internal static class Views
{
    public const string Definition = "definition";

    public const string Sql = """
        SELECT kind, name, 1, 0, 'options',
            (SELECT string_agg(option, ', ' ORDER BY option COLLATE "C") FROM unnest(reloptions) AS option)
        FROM relation WHERE relkind IN ('v', 'm') AND reloptions IS NOT NULL
        UNION ALL
        SELECT c.kind, c.name, 10, a.attnum::int, 'column ' || quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)
        FROM relation c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind IN ('v', 'm')
        UNION ALL
        SELECT kind, name, 11, 0, 'definition', pg_get_viewdef(oid)
        FROM relation WHERE relkind IN ('v', 'm')
        """;
}
