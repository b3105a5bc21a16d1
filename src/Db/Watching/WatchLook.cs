namespace Db.Watching;

/// <summary>One look at a server: what its counters say, and what is going on at the moment.</summary>
/// <param name="At">When.</param>
/// <param name="Commits">Transactions committed since the counters began.</param>
/// <param name="Rollbacks">Transactions rolled back since then, those of failed statements among them.</param>
/// <param name="Deadlocks">Deadlocks since then.</param>
/// <param name="Conflicts">Queries cancelled on a replica since then.</param>
/// <param name="FatalSessions">Sessions ended by a fatal error since then.</param>
/// <param name="KilledSessions">Sessions ended by somebody since then.</param>
/// <param name="Waiting">Sessions that wait for a lock now.</param>
/// <param name="LongestWaitSeconds">How long the first of them has waited.</param>
/// <param name="Active">Statements that run now.</param>
/// <param name="LongestQuerySeconds">How long the first of them has run.</param>
/// <param name="LongestQueryOf">Whose it is.</param>
/// <param name="SlowQueries">How many have run for longer than a second.</param>
/// <param name="LongestTransactionSeconds">Age of the oldest open transaction.</param>
/// <param name="ReplicationLagSeconds">How far the slowest replica is behind; null where there is none to be seen.</param>
/// <param name="ReplicationLagBytes">The same in bytes of the log.</param>
/// <param name="InvalidIndexes">Indexes that are kept up to date and never used.</param>
/// <param name="SeesAll">Whether the role sees other roles' sessions.</param>
internal sealed record WatchLook(
    DateTimeOffset At,
    long Commits,
    long Rollbacks,
    long Deadlocks,
    long Conflicts,
    long FatalSessions,
    long KilledSessions,
    long Waiting,
    double LongestWaitSeconds,
    long Active,
    double LongestQuerySeconds,
    string? LongestQueryOf,
    long SlowQueries,
    double LongestTransactionSeconds,
    double? ReplicationLagSeconds,
    long? ReplicationLagBytes,
    IReadOnlyList<string> InvalidIndexes,
    bool SeesAll
)
{
    // Locks are seen by everybody; what other roles' sessions do is not. Backups are slow by nature.
    public const string Sql = """
        SELECT clock_timestamp(), d.xact_commit, d.xact_rollback, d.deadlocks, d.conflicts, d.sessions_fatal, d.sessions_killed,
            w.waiting, w.longest, a.active, a.longest, a.longest_of, a.slow, a.longest_transaction,
            CASE WHEN r.replicas > 0 THEN coalesce(r.lag, 0) END, r.bytes,
            ARRAY(SELECT i.indexrelid::regclass::text FROM pg_index i
                WHERE NOT i.indisvalid AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
                ORDER BY 1),
            pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') OR current_setting('is_superuser') = 'on'
        FROM pg_stat_database d
        CROSS JOIN (
            SELECT count(DISTINCT l.pid) AS waiting,
                coalesce(max(extract(epoch FROM clock_timestamp() - l.waitstart)), 0)::float8 AS longest
            FROM pg_locks l JOIN pg_stat_activity s ON s.pid = l.pid
            WHERE NOT l.granted AND s.datname = current_database()
        ) AS w
        CROSS JOIN (
            SELECT count(*) FILTER (WHERE state = 'active') AS active,
                coalesce(max(extract(epoch FROM clock_timestamp() - query_start)) FILTER (WHERE state = 'active'), 0)::float8 AS longest,
                (array_agg(format('session %s (%s%s)', pid, usename, CASE WHEN application_name <> '' THEN ', ' || application_name ELSE '' END)
                    ORDER BY query_start) FILTER (WHERE state = 'active'))[1] AS longest_of,
                count(*) FILTER (WHERE state = 'active' AND clock_timestamp() - query_start > interval '1 second') AS slow,
                coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8 AS longest_transaction
            FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND application_name <> 'pg_dump'
        ) AS a
        CROSS JOIN (
            SELECT count(*) AS replicas, extract(epoch FROM max(replay_lag))::float8 AS lag,
                CASE WHEN NOT pg_is_in_recovery() THEN max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::bigint END AS bytes
            FROM pg_stat_replication
        ) AS r
        WHERE d.datname = current_database()
        """;

    public static async Task<WatchLook> ReadAsync(Npgsql.NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new Npgsql.NpgsqlCommand(Sql, connection) { CommandTimeout = 5 };
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new WatchLook(
            new DateTimeOffset(reader.GetDateTime(0)),
            reader.GetInt64(1),
            reader.GetInt64(2),
            reader.GetInt64(3),
            reader.GetInt64(4),
            reader.GetInt64(5),
            reader.GetInt64(6),
            reader.GetInt64(7),
            reader.GetDouble(8),
            reader.GetInt64(9),
            reader.GetDouble(10),
            reader.IsDBNull(11) ? null : reader.GetString(11),
            reader.GetInt64(12),
            reader.GetDouble(13),
            reader.IsDBNull(14) ? null : reader.GetDouble(14),
            reader.IsDBNull(15) ? null : reader.GetInt64(15),
            reader.GetFieldValue<string[]>(16),
            reader.GetBoolean(17)
        );
    }
}
