using Db.Tracing.Rows;
using Npgsql;

namespace Db.Tracing.Observing;

/// <summary>A relation as one session sees it, with what that session did to it.</summary>
/// <param name="Oid">Its oid.</param>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">pg_class.relkind: r table, p partitioned, i or I index, v view, m materialized view, S sequence.</param>
/// <param name="FileNode">The file it is stored in; another one after a rewrite.</param>
/// <param name="Table">For an index, its table; else 0.</param>
/// <param name="IsValid">False for an index that PostgreSQL does not use.</param>
/// <param name="Scans">Sequential scans by this session.</param>
/// <param name="Read">Rows that those read.</param>
/// <param name="Inserted">Rows inserted by this session.</param>
/// <param name="Updated">Rows updated.</param>
/// <param name="Deleted">Rows deleted.</param>
internal sealed record RelationState(
    uint Oid,
    string Schema,
    string Name,
    char Kind,
    uint FileNode,
    uint Table,
    bool IsValid,
    long Scans,
    long Read,
    long Inserted,
    long Updated,
    long Deleted
)
{
    public string FullName => $"{Schema}.{Name}";

    /// <summary>The name as SQL.</summary>
    public string Sql => $"{TableShape.Quoted(Schema)}.{TableShape.Quoted(Name)}";

    /// <summary>Whether it holds rows of its own or through its partitions.</summary>
    public bool HoldsRows => Kind is 'r' or 'p' or 'm';
}

/// <summary>Something in the catalogs that can be dropped.</summary>
/// <param name="Kind">column, constraint, function, type, enum label, trigger, policy, table, index, view, …</param>
/// <param name="Name">Its name, with what it belongs to.</param>
/// <param name="Table">The oid of the table it belongs to, or its own; 0 for what belongs to none.</param>
/// <param name="Mark">What of it is watched besides its being there: a trigger's state, whether a constraint is valid.</param>
internal sealed record CatalogObject(string Kind, string Name, uint Table, string Mark);

/// <summary>What the catalogs, the locks and the counters of one session say at one moment.</summary>
/// <param name="Relations">By oid.</param>
/// <param name="Locks">What the session holds, by relation: every mode.</param>
/// <param name="Objects">By a key that survives renaming.</param>
internal sealed record DatabaseState(
    IReadOnlyDictionary<uint, RelationState> Relations,
    IReadOnlyDictionary<uint, IReadOnlyList<LockMode>> Locks,
    IReadOnlyDictionary<string, CatalogObject> Objects
)
{
    // Counters of the transaction and not of the table: only this session's work counts, and at once.
    private const string RelationsSql = """
        SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.relfilenode, coalesce(i.indrelid, 0::oid), coalesce(i.indisvalid, true),
               coalesce(pg_catalog.pg_stat_get_xact_numscans(c.oid), 0), coalesce(pg_catalog.pg_stat_get_xact_tuples_returned(c.oid), 0),
               coalesce(pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid), 0), coalesce(pg_catalog.pg_stat_get_xact_tuples_updated(c.oid), 0),
               coalesce(pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid), 0)
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
        WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'v', 'i', 'I', 'S', 'f') AND c.relpersistence <> 't'
          AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
        """;

    private const string LocksSql = """
        SELECT l.relation, l.mode FROM pg_catalog.pg_locks l
        WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.relation >= 16384
          AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
        """;

    private const string ObjectsSql = """
        SELECT 'column ' || a.attrelid || '.' || a.attnum, 'column', n.nspname || '.' || c.relname || '.' || a.attname, a.attrelid, ''
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND a.attrelid >= 16384 AND n.nspname !~ '^pg_'
        UNION ALL
        SELECT 'constraint ' || k.oid, 'constraint', k.conname || ' of ' || n.nspname || '.' || c.relname, c.oid, CASE WHEN k.convalidated THEN '' ELSE 'not valid' END
        FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE k.oid >= 16384 AND k.contype <> 't' AND n.nspname !~ '^pg_'
        UNION ALL
        SELECT 'function ' || p.oid, 'function', n.nspname || '.' || p.proname || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')', 0, ''
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.oid >= 16384 AND n.nspname !~ '^pg_'
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
        UNION ALL
        SELECT 'type ' || t.oid, 'type', n.nspname || '.' || t.typname, 0, ''
        FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
        WHERE t.oid >= 16384 AND t.typtype IN ('e', 'd', 'r') AND n.nspname !~ '^pg_'
        UNION ALL
        SELECT 'label ' || e.enumtypid || '.' || e.enumlabel, 'enum label', '''' || e.enumlabel || ''' of ' || n.nspname || '.' || t.typname, 0, ''
        FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
        UNION ALL
        SELECT 'trigger ' || t.oid, 'trigger', t.tgname || ' of ' || n.nspname || '.' || c.relname, c.oid, CASE t.tgenabled WHEN 'D' THEN 'disabled' ELSE '' END
        FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT t.tgisinternal
        UNION ALL
        SELECT 'policy ' || p.oid, 'policy', p.polname || ' of ' || n.nspname || '.' || c.relname, c.oid, ''
        FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        UNION ALL
        SELECT 'schema ' || n.oid, 'schema', n.nspname::text, 0, '' FROM pg_catalog.pg_namespace n WHERE n.oid >= 16384 AND n.nspname !~ '^pg_'
        UNION ALL
        SELECT 'relation ' || c.oid, CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
               WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' ELSE 'index' END,
               n.nspname || '.' || c.relname, coalesce(i.indrelid, c.oid), CASE WHEN i.indisvalid IS FALSE THEN 'invalid' ELSE '' END
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
        WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'v', 'i', 'I', 'S', 'f') AND c.relpersistence <> 't'
          AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
        """;

    /// <summary>Reads the state as the session sees it, inside its transaction if there is one.</summary>
    public static async Task<DatabaseState> ReadAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { new(LocksSql), new(RelationsSql), new(ObjectsSql) },
            Timeout = 120,
        };
        await using var reader = await batch.ExecuteReaderAsync(ct);
        var locks = new Dictionary<uint, IReadOnlyList<LockMode>>();
        while (await reader.ReadAsync(ct))
        {
            if (LockModes.Parse(reader.GetString(1)) is { } mode)
            {
                var relation = reader.GetFieldValue<uint>(0);
                locks[relation] = [.. locks.GetValueOrDefault(relation, []), mode];
            }
        }

        await reader.NextResultAsync(ct);
        var relations = new Dictionary<uint, RelationState>();
        while (await reader.ReadAsync(ct))
        {
            var oid = reader.GetFieldValue<uint>(0);
            relations[oid] = new RelationState(
                oid,
                reader.GetString(1),
                reader.GetString(2),
                reader.GetString(3)[0],
                reader.GetFieldValue<uint>(4),
                reader.GetFieldValue<uint>(5),
                reader.GetBoolean(6),
                reader.GetInt64(7),
                reader.GetInt64(8),
                reader.GetInt64(9),
                reader.GetInt64(10),
                reader.GetInt64(11)
            );
        }

        await reader.NextResultAsync(ct);
        var objects = new Dictionary<string, CatalogObject>();
        while (await reader.ReadAsync(ct))
        {
            objects[reader.GetString(0)] = new CatalogObject(
                reader.GetString(1),
                reader.GetString(2),
                reader.GetFieldValue<uint>(3),
                reader.GetString(4)
            );
        }

        return new DatabaseState(relations, locks, objects);
    }
}
