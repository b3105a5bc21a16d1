using System.Globalization;
using Db.Backups;
using Db.Bundles;
using Npgsql;

namespace Db.Rehearsing;

/// <summary>Counts on the restored copy what a release takes away, before it does.</summary>
internal static class RemovedCount
{
    /// <summary>A line for each object. Nothing that cannot be counted ends a rehearsal.</summary>
    /// <param name="copy">The copy, before the bundle runs.</param>
    /// <param name="removed">What the plan says that it takes away.</param>
    /// <param name="ct">Ends it.</param>
    public static async Task<IReadOnlyList<string>> ReadAsync(
        string copy,
        IReadOnlyList<BundlePlanHazard> removed,
        CancellationToken ct
    )
    {
        if (removed.Count == 0)
        {
            return [];
        }

        await using var connection = new NpgsqlConnection(copy);
        await connection.OpenAsync(ct);
        var lines = new List<string>();
        foreach (var hazard in removed)
        {
            var line =
                hazard.Object is { } name && await CountAsync(connection, name, ct) is { } count
                    ? $"{hazard}: {count}"
                    : hazard.ToString();
            if (!lines.Contains(line))
            {
                lines.Add(line);
            }
        }

        return lines;
    }

    // A hazard names its object as people write it: users, users.phone, public.users.phone.
    private static async Task<string?> CountAsync(NpgsqlConnection connection, string name, CancellationToken ct)
    {
        const string find = """
            SELECT n.nspname, c.relname, CASE WHEN $1 NOT IN (c.relname, n.nspname || '.' || c.relname) THEN a.attname END
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                    AND a.attname = split_part($1, '.', array_length(string_to_array($1, '.'), 1))
            WHERE c.relkind IN ('r', 'p') AND (
                $1 IN (n.nspname || '.' || c.relname, n.nspname || '.' || c.relname || '.' || a.attname)
                OR pg_table_is_visible(c.oid) AND $1 IN (c.relname, c.relname || '.' || a.attname))
            ORDER BY $1 IN (c.relname, n.nspname || '.' || c.relname) DESC
            LIMIT 1
            """;
        try
        {
            string table;
            string? column;
            await using (var command = new NpgsqlCommand(find, connection) { Parameters = { new() { Value = name } } })
            await using (var reader = await command.ExecuteReaderAsync(ct))
            {
                if (!await reader.ReadAsync(ct))
                {
                    return null;
                }

                table = $"{SqlName.Quote(reader.GetString(0))}.{SqlName.Quote(reader.GetString(1))}";
                column = reader.IsDBNull(2) ? null : SqlName.Quote(reader.GetString(2));
            }

            await using var count = new NpgsqlCommand(
                $"SELECT count(*), count({column ?? "*"}) FROM {table}",
                connection
            )
            {
                CommandTimeout = 0,
            };
            await using var counted = await count.ExecuteReaderAsync(ct);
            await counted.ReadAsync(ct);
            var (rows, held) = (Rows(counted.GetInt64(0)), counted.GetInt64(1));
            return column is null
                ? rows
                : $"{held.ToString("N0", CultureInfo.InvariantCulture)} of {rows} hold a value";
        }
        catch (PostgresException)
        {
            return null;
        }
    }

    private static string Rows(long rows) =>
        $"{rows.ToString("N0", CultureInfo.InvariantCulture)} {(rows == 1 ? "row" : "rows")}";
}
