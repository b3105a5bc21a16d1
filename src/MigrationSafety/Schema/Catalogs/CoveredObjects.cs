namespace MigrationSafety.Schema.Catalogs;

/// <summary>
/// What every catalog query begins with: the covered schemas and the objects in them, the objects that belong to an
/// extension (which are the extension's affair), and the roles that count as the owner.
/// </summary>
internal static class CoveredObjects
{
    // $1: schemas. $2: extensions to name, or null for all.
    //
    // The owner is not a name but a part played: whoever owns most tables, the database's owner and every superuser. A
    // privilege of theirs says nothing, and their names differ from one server to the next (postgres, supabase_admin,
    // neondb_owner); anybody else's does, whoever granted it.
    public const string Sql = """
        WITH
        extension_member AS (
            SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
        ),
        covered_schema AS (
            SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = ANY ($1)
        ),
        relation AS (
            SELECT c.*,
                format('%I.%I', n.nspname, c.relname) AS name,
                CASE c.relkind
                    WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
                    WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
                    WHEN 'c' THEN 'composite type'
                END AS kind
            FROM pg_class c JOIN covered_schema n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
                AND NOT EXISTS (
                    SELECT FROM extension_member e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
                )
                -- The sequence of an identity column is the column's.
                AND NOT EXISTS (
                    SELECT FROM pg_depend d
                    WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i'
                )
        ),
        covered_type AS (
            SELECT t.*,
                format('%I.%I', n.nspname, t.typname) AS name,
                CASE t.typtype
                    WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite type' WHEN 'r' THEN 'range type'
                END AS kind
            FROM pg_type t JOIN covered_schema n ON n.oid = t.typnamespace
            WHERE (t.typtype IN ('e', 'd', 'r')
                    OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
                AND NOT EXISTS (
                    SELECT FROM extension_member e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid
                )
        ),
        routine AS (
            SELECT p.*,
                format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) AS name,
                CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END AS kind
            FROM pg_proc p JOIN covered_schema n ON n.oid = p.pronamespace
            WHERE NOT EXISTS (
                    SELECT FROM extension_member e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid
                )
                -- The constructors of a range type come with the type.
                AND NOT EXISTS (
                    SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i'
                )
        ),
        owner_role AS (
            SELECT oid FROM pg_roles WHERE rolsuper OR rolname = 'pg_database_owner'
            UNION
            SELECT datdba FROM pg_database WHERE datname = current_database()
            UNION
            (SELECT relowner FROM relation WHERE relkind IN ('r', 'p') GROUP BY relowner ORDER BY count(*) DESC, relowner LIMIT 1)
        )

        """;
}
