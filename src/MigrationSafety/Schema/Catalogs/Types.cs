namespace MigrationSafety.Schema.Catalogs;

internal static class Types
{
    public const string Sql = """
        SELECT kind, name, 1, 0, 'labels',
            (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid)
        FROM covered_type t WHERE typtype = 'e'
        UNION ALL
        SELECT kind, name, 1, 0, 'type', concat_ws(' ',
            format_type(typbasetype, typtypmod),
            (SELECT format('COLLATE %I.%I', n.nspname, c.collname)
                FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace, pg_type base
                WHERE base.oid = typbasetype AND c.oid = t.typcollation AND t.typcollation <> base.typcollation),
            'DEFAULT ' || typdefault,
            CASE WHEN typnotnull THEN 'NOT NULL' END)
        FROM covered_type t WHERE typtype = 'd'
        UNION ALL
        -- From PostgreSQL 18 on, NOT NULL is a constraint of a domain too; the type's line says it on every version.
        SELECT kind, name, 2, 0, 'constraint ' || quote_ident(conname), pg_get_constraintdef(k.oid)
        FROM covered_type t JOIN pg_constraint k ON k.contypid = t.oid
        WHERE k.contype = 'c'
        UNION ALL
        SELECT kind, name, 1, 0, 'attributes',
            (SELECT '(' || string_agg(concat_ws(' ', quote_ident(attname), format_type(atttypid, atttypmod)), ', ' ORDER BY attnum) || ')'
                FROM pg_attribute WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped)
        FROM covered_type t WHERE typtype = 'c'
        UNION ALL
        SELECT kind, name, 1, 0, 'subtype', format_type(r.rngsubtype, NULL)
        FROM covered_type t JOIN pg_range r ON r.rngtypid = t.oid
        """;
}
