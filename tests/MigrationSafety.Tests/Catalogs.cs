using Npgsql;

namespace MigrationSafety.Tests;

/// <summary>What a database holds, as text to compare: relations, columns, constraints, indexes, types, functions, and every row.</summary>
internal static class Catalogs
{
    public static async Task<string> ReadAsync(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Pooling=false");
        await using var command = source.CreateCommand(
            """
            SELECT coalesce(string_agg(line, E'\n' ORDER BY line COLLATE "C"), '') FROM (
              SELECT 'relation ' || c.oid::regclass || ' ' || c.relkind::text AS line FROM pg_class c WHERE relnamespace::regnamespace::text IN ('public', 'migrations')
              UNION ALL
              SELECT 'column ' || a.attrelid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull
                     || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '')
              FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
              WHERE c.relnamespace::regnamespace::text IN ('public', 'migrations') AND a.attnum > 0 AND NOT a.attisdropped
              UNION ALL
              SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated FROM pg_constraint
              WHERE connamespace::regnamespace::text IN ('public', 'migrations')
              UNION ALL
              SELECT 'index ' || pg_get_indexdef(indexrelid) || ' ' || indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
              WHERE c.relnamespace::regnamespace::text IN ('public', 'migrations')
              UNION ALL
              SELECT 'enum ' || enumtypid::regtype || ' ' || enumlabel FROM pg_enum
              UNION ALL
              SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
              UNION ALL
              SELECT 'rows ' || c.oid::regclass || ' ' || md5(query_to_xml(
                     CASE c.relname WHEN 'applied_migration' THEN 'SELECT migration_id, checksum FROM ' || c.oid::regclass || ' ORDER BY 1'
                     ELSE 'SELECT * FROM ' || c.oid::regclass || ' ORDER BY 1' END, true, false, '')::text)
              FROM pg_class c WHERE relnamespace::regnamespace::text IN ('public', 'migrations') AND relkind = 'r'
            ) lines
            """
        );
        return (string)(await command.ExecuteScalarAsync())!;
    }

    public static async Task<T> ScalarAsync<T>(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Waits until a condition holds, or until a run ends that should not have ended before.</summary>
    public static async Task UntilAsync(string connectionString, string condition, Task run)
    {
        while (!run.IsCompleted && !await ScalarAsync<bool>(connectionString, condition)) { }
    }
}
