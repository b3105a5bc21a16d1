namespace MigrationSafety.Schema.Catalogs;

internal static class Triggers
{
    public const string Sql = """
        SELECT c.kind, c.name, 50, 0, 'trigger ' || quote_ident(t.tgname),
            concat_ws(' ',
                regexp_replace(
                    regexp_replace(pg_get_triggerdef(t.oid), '^CREATE (CONSTRAINT )?TRIGGER ("([^"]|"")+"|\S+) ', '\1'),
                    '^CONSTRAINT ', 'CONSTRAINT TRIGGER '),
                CASE t.tgenabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'ENABLED ON REPLICA ONLY' WHEN 'A' THEN 'ENABLED ALWAYS' END)
        FROM relation c JOIN pg_trigger t ON t.tgrelid = c.oid
        WHERE NOT t.tgisinternal
        """;
}
