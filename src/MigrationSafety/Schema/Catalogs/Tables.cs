namespace MigrationSafety.Schema.Catalogs;

internal static class Tables
{
    public const string Sql = """
        SELECT kind, name, 0, 0, NULL, NULL FROM relation WHERE relkind IN ('r', 'p', 'f')
        UNION ALL
        SELECT kind, name, 1, 0, 'persistence', 'unlogged'
        FROM relation WHERE relkind IN ('r', 'p') AND relpersistence = 'u'
        UNION ALL
        SELECT kind, name, 1, 1, 'partition by', pg_get_partkeydef(oid) FROM relation WHERE relkind = 'p'
        UNION ALL
        SELECT c.kind, c.name, 1, 2,
            CASE WHEN c.relispartition THEN 'partition of ' ELSE 'inherits ' END || i.inhparent::regclass,
            coalesce(pg_get_expr(c.relpartbound, c.oid), 'yes')
        FROM relation c JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.relkind IN ('r', 'p', 'f')
        UNION ALL
        SELECT kind, name, 1, 3, 'options',
            (SELECT string_agg(option, ', ' ORDER BY option COLLATE "C") FROM unnest(reloptions) AS option)
        FROM relation WHERE relkind IN ('r', 'p') AND reloptions IS NOT NULL
        UNION ALL
        SELECT kind, name, 1, 4, 'replica identity',
            CASE relreplident
                WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full'
                ELSE 'index ' || (SELECT i.indexrelid::regclass::text FROM pg_index i WHERE i.indrelid = relation.oid AND i.indisreplident)
            END
        FROM relation WHERE relkind IN ('r', 'p') AND relreplident <> 'd'
        UNION ALL
        SELECT kind, name, 60, 0, 'row level security',
            CASE
                WHEN relrowsecurity AND relforcerowsecurity THEN 'enabled, forced on the owner too'
                WHEN relrowsecurity THEN 'enabled'
                WHEN relforcerowsecurity THEN 'disabled (but forced on the owner once enabled)'
                ELSE 'disabled'
            END
        FROM relation WHERE relkind IN ('r', 'p')
        UNION ALL
        SELECT c.kind, c.name, 75, 0, 'rule ' || quote_ident(r.rulename), pg_get_ruledef(r.oid)
        FROM relation c JOIN pg_rewrite r ON r.ev_class = c.oid WHERE r.rulename <> '_RETURN'
        UNION ALL
        SELECT c.kind, c.name, 45, 0, 'statistics ' || s.stxname, pg_get_statisticsobjdef(s.oid)
        FROM relation c JOIN pg_statistic_ext s ON s.stxrelid = c.oid
        """;
}
