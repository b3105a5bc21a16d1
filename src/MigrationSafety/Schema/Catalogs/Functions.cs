namespace MigrationSafety.Schema.Catalogs;

internal static class Functions
{
    public const string Body = "body";

    public const string Sql = """
        SELECT kind, name, 1, 0, 'arguments', pg_get_function_arguments(oid)
        FROM routine WHERE pg_get_function_arguments(oid) <> ''
        UNION ALL
        SELECT kind, name, 2, 0, 'returns', pg_get_function_result(oid) FROM routine WHERE prokind <> 'p'
        UNION ALL
        SELECT p.kind, p.name, 3, 0, 'language', l.lanname::text FROM routine p JOIN pg_language l ON l.oid = p.prolang
        WHERE prokind <> 'a'
        UNION ALL
        SELECT kind, name, 4, 0, 'volatility', CASE provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END
        FROM routine WHERE prokind IN ('f', 'w')
        UNION ALL
        SELECT kind, name, 5, 0, 'security', CASE WHEN prosecdef THEN 'definer' ELSE 'invoker' END FROM routine WHERE prokind <> 'a'
        UNION ALL
        SELECT kind, name, 6, 0, 'on null input', 'returns null' FROM routine WHERE proisstrict
        UNION ALL
        SELECT kind, name, 7, 0, 'leakproof', 'yes' FROM routine WHERE proleakproof
        UNION ALL
        SELECT kind, name, 8, 0, 'parallel', CASE proparallel WHEN 's' THEN 'safe' ELSE 'restricted' END
        FROM routine WHERE proparallel <> 'u' AND prokind IN ('f', 'w')
        UNION ALL
        SELECT kind, name, 9, 0, 'cost', procost::text FROM routine JOIN pg_language l ON l.oid = prolang
        WHERE procost <> CASE WHEN l.lanname IN ('internal', 'c') THEN 1 ELSE 100 END AND prokind <> 'a'
        UNION ALL
        SELECT kind, name, 9, 1, 'rows', prorows::text FROM routine WHERE proretset AND prorows <> 1000
        UNION ALL
        SELECT kind, name, 10, 0, 'set ' || split_part(setting, '=', 1), substring(setting FROM position('=' IN setting) + 1)
        FROM routine, unnest(proconfig) AS setting
        UNION ALL
        SELECT kind, name, 80, 0, 'body', coalesce(pg_get_function_sqlbody(oid), prosrc) FROM routine WHERE prokind <> 'a'
        UNION ALL
        SELECT p.kind, p.name, 80, 0, 'aggregate',
            concat_ws(' ', 'SFUNC', a.aggtransfn::regproc, 'STYPE', format_type(a.aggtranstype, NULL), 'INITCOND ' || quote_literal(a.agginitval))
        FROM routine p JOIN pg_aggregate a ON a.aggfnoid = p.oid
        """;
}
