namespace MigrationSafety.Schema.Catalogs;

internal static class Comments
{
    // An extension's comment is its author's, or the server package's. Schema public comes with one.
    public const string Sql = """
        SELECT 'schema', quote_ident(nspname), 95, 0, 'comment', quote_literal(d.description)
        FROM covered_schema n JOIN pg_description d ON d.classoid = 'pg_namespace'::regclass AND d.objoid = n.oid
        WHERE (nspname, description) <> ('public', 'standard public schema')
        UNION ALL
        SELECT c.kind, c.name, 95, d.objsubid, concat_ws(' ', 'comment', 'on column ' || quote_ident(a.attname)), quote_literal(d.description)
        FROM relation c
            JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid
            LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
        UNION ALL
        SELECT kind, name, 95, 0, 'comment', quote_literal(d.description)
        FROM covered_type t JOIN pg_description d ON d.classoid = 'pg_type'::regclass AND d.objoid = t.oid
        UNION ALL
        SELECT kind, name, 95, 0, 'comment', quote_literal(d.description)
        FROM routine p JOIN pg_description d ON d.classoid = 'pg_proc'::regclass AND d.objoid = p.oid
        UNION ALL
        SELECT c.kind, c.name, 96, 0, 'comment on ' || part.said, quote_literal(d.description)
        FROM relation c
            CROSS JOIN LATERAL (
                SELECT 'pg_constraint'::regclass AS classoid, oid, 'constraint ' || quote_ident(conname) AS said
                FROM pg_constraint WHERE conrelid = c.oid
                UNION ALL
                SELECT 'pg_class'::regclass, i.indexrelid, 'index ' || quote_ident(x.relname)
                FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid
                UNION ALL
                SELECT 'pg_trigger'::regclass, oid, 'trigger ' || quote_ident(tgname) FROM pg_trigger WHERE tgrelid = c.oid
                UNION ALL
                SELECT 'pg_policy'::regclass, oid, 'policy ' || quote_ident(polname) FROM pg_policy WHERE polrelid = c.oid
            ) AS part
            JOIN pg_description d ON d.classoid = part.classoid AND d.objoid = part.oid AND d.objsubid = 0
        """;
}
