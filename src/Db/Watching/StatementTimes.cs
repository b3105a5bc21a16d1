using Npgsql;

namespace Db.Watching;

/// <summary>What pg_stat_statements has counted, where it is installed and may be read.</summary>
internal static class StatementTimes
{
    // What takes most of the time is what a release can make slow.
    private const int Kept = 50;

    public static async Task<IReadOnlyDictionary<long, (long Calls, double Milliseconds, string Text)>?> ReadAsync(
        NpgsqlConnection connection,
        CancellationToken ct
    )
    {
        await using var where = new NpgsqlCommand(
            "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_stat_statements'",
            connection
        );
        if (await where.ExecuteScalarAsync(ct) is not string schema)
        {
            return null;
        }

        try
        {
            await using var command = new NpgsqlCommand(
                $"""
                SELECT s.queryid, sum(s.calls)::bigint, sum(s.total_exec_time)::float8, left(regexp_replace(min(s.query), '\s+', ' ', 'g'), 100)
                FROM {schema}.pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
                WHERE d.datname = current_database() AND s.queryid IS NOT NULL AND s.query NOT LIKE '%pg_stat_%'
                GROUP BY s.queryid
                """,
                connection
            );
            var times = new Dictionary<long, (long, double, string)>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                times[reader.GetInt64(0)] = (reader.GetInt64(1), reader.GetDouble(2), reader.GetString(3));
            }

            return times;
        }
        catch (PostgresException)
        {
            // Installed, and not loaded by the server; or out of this role's reach.
            return null;
        }
    }

    /// <summary>What was added between two readings: the mean over all, and the statements that took most.</summary>
    public static (double? Mean, IReadOnlyList<WatchedStatement> Most) Between(
        IReadOnlyDictionary<long, (long Calls, double Milliseconds, string Text)>? before,
        IReadOnlyDictionary<long, (long Calls, double Milliseconds, string Text)>? after
    )
    {
        if (before is null || after is null)
        {
            return (null, []);
        }

        var added = after
            .Select(pair =>
                before.TryGetValue(pair.Key, out var old) && old.Calls <= pair.Value.Calls
                    ? (
                        Id: pair.Key,
                        Calls: pair.Value.Calls - old.Calls,
                        Time: pair.Value.Milliseconds - old.Milliseconds,
                        pair.Value.Text
                    )
                    : (Id: pair.Key, pair.Value.Calls, Time: pair.Value.Milliseconds, pair.Value.Text)
            )
            .Where(s => s.Calls > 0)
            .ToList();
        return (
            added.Count == 0 ? null : added.Sum(s => s.Time) / added.Sum(s => s.Calls),
            [
                .. added
                    .OrderByDescending(s => s.Time)
                    .Take(Kept)
                    .Select(s => new WatchedStatement(s.Id, s.Calls, Math.Round(s.Time / s.Calls, 3), s.Text)),
            ]
        );
    }
}
