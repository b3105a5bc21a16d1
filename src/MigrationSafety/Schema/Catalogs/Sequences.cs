namespace MigrationSafety.Schema.Catalogs;

internal static class Sequences
{
    public const string Sql = """
        SELECT c.kind, c.name, 1, 0, 'sequence',
            concat_ws(' ',
                'AS', format_type(s.seqtypid, NULL), 'START', s.seqstart, 'INCREMENT', s.seqincrement,
                'MINVALUE', s.seqmin, 'MAXVALUE', s.seqmax, 'CACHE', s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' END,
                (SELECT format('OWNED BY %s.%I', d.refobjid::regclass, a.attname)
                    FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a'
                        AND d.refclassid = 'pg_class'::regclass))
        FROM relation c JOIN pg_sequence s ON s.seqrelid = c.oid
        """;
}
