using Npgsql;
using Xunit;

namespace Db.Tests.Adopting;

/// <summary>Everything a database holds: a checksum of each table's rows, and what the catalogs say.</summary>
internal static class Contents
{
    public static async Task<SortedDictionary<string, string>> RowsAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        var tables = new List<string>();
        await using (
            var list = new NpgsqlCommand(
                """
                SELECT oid::regclass::text FROM pg_class
                WHERE relkind = 'r' AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'reporting'))
                """,
                connection
            )
        )
        await using (var reader = await list.ExecuteReaderAsync(TestContext.Current.CancellationToken))
        {
            while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            {
                tables.Add(reader.GetString(0));
            }
        }

        var sums = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            await using var sum = new NpgsqlCommand(
                $"SELECT count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM {table} AS t",
                connection
            );
            sums[table] = (string)(await sum.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        }

        return sums;
    }

    /// <summary>All catalogs that a change of anything would show in, rows of the migrations' own tables apart.</summary>
    public static async Task<string> CatalogsAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(
            """
            SELECT concat_ws(E'\n',
              (SELECT string_agg(c::text, E'\n' ORDER BY c.oid) FROM (
                SELECT oid, relname, relnamespace, relowner, relfilenode, relkind, relacl, relrowsecurity, relforcerowsecurity, reloptions
                FROM pg_class WHERE relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace)) AS c),
              (SELECT string_agg(a::text, E'\n' ORDER BY a.attrelid, a.attnum) FROM pg_attribute AS a WHERE attrelid > 16000),
              (SELECT string_agg(p::text, E'\n' ORDER BY p.oid) FROM pg_policy AS p),
              (SELECT string_agg(p::text, E'\n' ORDER BY p.oid) FROM pg_proc AS p WHERE oid > 16000),
              (SELECT string_agg(t::text, E'\n' ORDER BY t.oid) FROM pg_trigger AS t),
              (SELECT string_agg(k::text, E'\n' ORDER BY k.oid) FROM pg_constraint AS k WHERE oid > 16000),
              (SELECT string_agg(n::text, E'\n' ORDER BY n.oid) FROM pg_namespace AS n WHERE nspname !~ '^pg_'),
              (SELECT string_agg(d::text, E'\n' ORDER BY d.objoid, d.objsubid) FROM pg_description AS d WHERE objoid > 16000))
            """,
            connection
        );
        return (string)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
