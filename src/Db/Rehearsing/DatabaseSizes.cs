using Npgsql;

namespace Db.Rehearsing;

/// <summary>The sizes of a database and its tables, and its place in the log.</summary>
/// <param name="Tables">Tables with their indexes, in bytes.</param>
/// <param name="Bytes">The whole database.</param>
/// <param name="Log">The log's position, in bytes from its begin.</param>
/// <param name="Migrations">The applied migrations, in order.</param>
internal sealed record DatabaseSizes(
    IReadOnlyDictionary<string, long> Tables,
    long Bytes,
    long Log,
    IReadOnlyList<string> Migrations
)
{
    public static async Task<DatabaseSizes> ReadAsync(string connectionString, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(ct);
        var tables = new Dictionary<string, long>();
        await using (
            var command = new NpgsqlCommand(
                """
                SELECT n.nspname || '.' || c.relname, pg_total_relation_size(c.oid)
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                """,
                connection
            )
        )
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                tables.Add(reader.GetString(0), reader.GetInt64(1));
            }
        }

        var source = new Backups.SourceDatabase(connection);
        await using var sizes = new NpgsqlCommand(
            "SELECT pg_database_size(current_database()), (pg_current_wal_lsn() - '0/0')::bigint",
            connection
        );
        await using var row = await sizes.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        var (bytes, log) = (row.GetInt64(0), row.GetInt64(1));
        await row.DisposeAsync();
        return new DatabaseSizes(tables, bytes, log, await source.MigrationsAsync(ct));
    }

    /// <summary>The tables that are larger, smaller, new or gone afterwards.</summary>
    public IReadOnlyList<TableChange> ChangesTo(DatabaseSizes after) =>
        [
            .. Tables
                .Keys.Union(after.Tables.Keys)
                .Order(StringComparer.Ordinal)
                .Select(table => new TableChange(table, Size(Tables, table), Size(after.Tables, table)))
                .Where(change => change.BytesBefore != change.BytesAfter),
        ];

    private static long? Size(IReadOnlyDictionary<string, long> tables, string table) =>
        tables.TryGetValue(table, out var bytes) ? bytes : null;
}
