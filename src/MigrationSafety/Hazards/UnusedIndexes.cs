using Npgsql;

namespace MigrationSafety.Hazards;

/// <summary>Asks a live database which indexes nothing has used.</summary>
public static class UnusedIndexes
{
    /// <summary>The hazard's id.</summary>
    internal const string Id = "unused-index";

    /// <summary>Every index that was not used since the server's statistics began, and that no constraint needs.</summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<IReadOnlyList<Finding>> ReadAsync(
        NpgsqlConnection connection,
        CancellationToken cancellationToken = default
    )
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT format('%I.%I', s.schemaname, s.indexrelname), s.relid::regclass::text, pg_size_pretty(pg_relation_size(s.indexrelid)),
                   to_char(d.stats_reset, 'YYYY-MM-DD'), pg_get_indexdef(s.indexrelid)
            FROM pg_stat_user_indexes s
              JOIN pg_index i ON i.indexrelid = s.indexrelid
              JOIN pg_stat_database d ON d.datname = current_database()
            WHERE s.idx_scan = 0 AND NOT i.indisunique AND i.indisvalid
              AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = s.indexrelid)
              AND pg_relation_size(s.relid) > 0
            ORDER BY pg_relation_size(s.indexrelid) DESC, 1
            """,
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var found = new List<Finding>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var (index, table, size) = (reader.GetString(0), reader.GetString(1), reader.GetString(2));
            var since = await reader.IsDBNullAsync(3, cancellationToken).ConfigureAwait(false)
                ? "since the server began to count"
                : $"since {reader.GetString(3)}";
            found.Add(
                new Finding(
                    Id,
                    $"{index} ({size}) was not used {since}, and is written at each change of a row of {table}.",
                    $"DROP INDEX CONCURRENTLY {index};",
                    new FindingPlace(null, null, null, 0, reader.GetString(4)),
                    table,
                    ""
                )
            );
        }

        return found;
    }
}
