namespace MigrationSafety.Schema.Catalogs;

internal static class Constraints
{
    // pg_get_constraintdef says NOT VALID itself. Constraint triggers ('t') are listed as triggers, NOT NULL ('n', from
    // PostgreSQL 18 on) with its column.
    public const string Sql = """
        SELECT c.kind, c.name, 20,
            CASE k.contype WHEN 'p' THEN 0 WHEN 'u' THEN 1 WHEN 'x' THEN 2 WHEN 'f' THEN 3 ELSE 4 END,
            'constraint ' || quote_ident(k.conname),
            concat_ws(' ', pg_get_constraintdef(k.oid),
                (SELECT 'INVALID INDEX' FROM pg_index i WHERE i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
                    AND NOT (i.indisvalid AND i.indisready AND i.indislive)))
        FROM relation c JOIN pg_constraint k ON k.conrelid = c.oid
        WHERE k.contype IN ('p', 'u', 'x', 'f', 'c')
        UNION ALL
        -- ALTER TABLE … DISABLE TRIGGER ALL turns foreign keys off without a trace in the constraint.
        SELECT DISTINCT c.kind, c.name, 21, 0, 'enforcement of ' || quote_ident(k.conname), 'its triggers are disabled'
        FROM relation c
            JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgisinternal AND t.tgenabled <> 'O'
            JOIN pg_constraint k ON k.oid = t.tgconstraint
        """;
}
