using MigrationSafety.Arguments;
using MigrationSafety.Execution;
using MigrationSafety.Plan;
using Npgsql;

namespace MigrationSafety.Locking;

/// <summary>A session that stands in the way of ours, as far as our role may see it.</summary>
internal sealed record Blocker(
    int Pid,
    string? User,
    string? Application,
    string? State,
    TimeSpan? TransactionAge,
    string? Holds,
    string? Wanted,
    string? Query,
    string? Transaction,
    bool IsAutovacuum
)
{
    // pg_blocking_pids is exact (it knows queued requests and lock groups), but only while the session waits.
    private const string Sql = """
        SELECT a.pid, a.usename::text, a.application_name, a.state, now() - a.xact_start,
               (SELECT string_agg(DISTINCT h.mode, ', ') FROM pg_locks h
                 WHERE h.pid = a.pid AND h.granted AND h.relation IS NOT DISTINCT FROM w.relation AND h.locktype = w.locktype),
               w.mode || coalesce(' on ' || w.relation::regclass::text, ' on ' || w.locktype),
               rtrim(left(regexp_replace(a.query, '\s+', ' ', 'g'), 80), '; '),
               (SELECT min(h.virtualtransaction) FROM pg_locks h WHERE h.pid = a.pid),
               -- The type of others' sessions is hidden from a role without pg_read_all_stats, but only workers have no user.
               coalesce(a.backend_type = 'autovacuum worker', a.usesysid IS NULL)
        FROM unnest(pg_blocking_pids($1)) AS b(pid)
        JOIN pg_stat_activity a ON a.pid = b.pid
        LEFT JOIN LATERAL (SELECT * FROM pg_locks l WHERE l.pid = $1 AND NOT l.granted LIMIT 1) w ON true
        UNION ALL
        -- pg_blocking_pids gives 0 for a transaction that was prepared and belongs to no session.
        SELECT 0, x.owner::text, '', 'prepared', now() - x.prepared, string_agg(DISTINCT h.mode, ', '),
               min(w.mode || coalesce(' on ' || w.relation::regclass::text, ' on ' || w.locktype)), x.gid, h.virtualtransaction, false
        FROM pg_locks w
        JOIN pg_locks h ON h.granted AND h.pid IS NULL AND h.locktype = w.locktype AND h.relation IS NOT DISTINCT FROM w.relation
        -- Its virtual transaction is the session's that prepared it, or none after a restart; the number of its own is always locked.
        JOIN pg_locks t ON t.locktype = 'transactionid' AND t.pid IS NULL AND t.virtualtransaction = h.virtualtransaction
        JOIN pg_prepared_xacts x ON x.transaction = t.transactionid AND x.database = current_database()
        WHERE w.pid = $1 AND NOT w.granted AND 0 = ANY (pg_blocking_pids($1))
        GROUP BY x.owner, x.prepared, x.gid, h.virtualtransaction
        """;

    public static async Task<IReadOnlyList<Blocker>> FindAsync(
        NpgsqlConnection observer,
        int pid,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(Sql, observer)
        {
            Parameters = { new NpgsqlParameter { Value = pid } },
        };
        var blockers = new List<Blocker>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            blockers.Add(Read(reader));
        }

        return blockers;
    }

    /// <summary>
    /// Who holds now what would keep these locks from being given. For afterwards, when our own transaction waits no more: which of the locks
    /// it was that was not given, PostgreSQL does not say, and so this may name somebody too many.
    /// </summary>
    public static ValueTask<IReadOnlyList<Blocker>> HoldingAsync(
        Session session,
        IReadOnlyList<StatementLock> wanted
    ) =>
        session.QueryAsync(
            $"""
            WITH modes AS (
                SELECT ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',
                             'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'] AS weakest_first),
            wanted AS (
                SELECT DISTINCT ON (r.oid) r.oid AS relation, w.mode, array_position(weakest_first, w.mode) AS strength
                FROM modes, unnest({TextArray.Of(wanted.Count)}, {TextArray.Of(
                wanted.Count,
                first: 1 + wanted.Count
            )}) AS w (name, mode),
                    LATERAL (SELECT to_regclass(w.name)::oid AS oid UNION SELECT relid::oid FROM pg_partition_tree(to_regclass(w.name))) r
                WHERE r.oid IS NOT NULL
                ORDER BY r.oid, strength DESC),
            holding AS (
                SELECT h.pid, h.virtualtransaction, w.relation, w.mode AS wanted, string_agg(DISTINCT h.mode, ', ') AS held
                FROM modes, wanted w JOIN pg_locks h ON h.relation = w.relation AND h.locktype = 'relation' AND h.granted
                WHERE h.pid IS DISTINCT FROM pg_backend_pid()
                  AND h.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                  -- From which mode on another one conflicts, by the strength of the wanted one; of all, only two of SHARE go together.
                  AND array_position(weakest_first, h.mode) >= (ARRAY[8, 7, 5, 4, 3, 3, 2, 1])[w.strength]
                  AND NOT (w.mode = 'ShareLock' AND h.mode = 'ShareLock')
                GROUP BY h.pid, h.virtualtransaction, w.relation, w.mode)
            SELECT a.pid, a.usename::text, a.application_name, a.state, now() - a.xact_start, h.held, h.wanted || ' on ' || h.relation::regclass,
                   rtrim(left(regexp_replace(a.query, '\s+', ' ', 'g'), 80), '; '), h.virtualtransaction,
                   coalesce(a.backend_type = 'autovacuum worker', a.usesysid IS NULL)
            FROM holding h JOIN pg_stat_activity a ON a.pid = h.pid
            UNION ALL
            SELECT 0, x.owner::text, '', 'prepared', now() - x.prepared, h.held, h.wanted || ' on ' || h.relation::regclass, x.gid,
                   h.virtualtransaction, false
            FROM holding h
            JOIN pg_locks t ON t.locktype = 'transactionid' AND t.pid IS NULL AND t.virtualtransaction = h.virtualtransaction
            JOIN pg_prepared_xacts x ON x.transaction = t.transactionid AND x.database = current_database()
            WHERE h.pid IS NULL
            """,
            Read,
            [.. wanted.Select(w => w.Relation), .. wanted.Select(w => w.Mode)]
        );

    private static Blocker Read(NpgsqlDataReader reader) =>
        new(
            reader.GetInt32(0),
            Text(reader, 1),
            Text(reader, 2),
            Text(reader, 3),
            reader.IsDBNull(4) ? null : reader.GetTimeSpan(4),
            Text(reader, 5),
            Text(reader, 6),
            Text(reader, 7),
            Text(reader, 8),
            reader.GetBoolean(9)
        );

    /// <summary>
    /// Whether one of the transactions is still open. Asked of pg_locks, which hides nothing from a role without privileges.
    /// </summary>
    public static async ValueTask<bool> AnyIsLeftAsync(Session session, IReadOnlyList<Blocker> blockers) =>
        await session
            .ScalarAsync<bool>(
                "SELECT EXISTS (SELECT FROM pg_locks WHERE virtualtransaction = ANY ($1))",
                [blockers.Select(blocker => blocker.Transaction).OfType<string>().ToArray()]
            )
            .ConfigureAwait(false);

    private static string? Text(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetString(column);

    // A prepared transaction has no session; what stands for its query is its name.
    private bool IsPrepared => Pid == 0;

    /// <summary>The same one, as it is when it has gone on for a while since it was seen.</summary>
    public Blocker After(TimeSpan passed) => this with { TransactionAge = TransactionAge + passed };

    /// <summary>The statement that ends it.</summary>
    public string ToEnd => EndOf(Pid, Query);

    /// <summary>The statement that ends a session, or a prepared transaction: its process id is 0.</summary>
    public static string EndOf(int pid, string? prepared) =>
        pid == 0 ? $"ROLLBACK PREPARED '{prepared?.Replace("'", "''")}';" : $"SELECT pg_terminate_backend({pid});";

    public override string ToString() =>
        IsPrepared
            ? $"the prepared transaction '{Query}' of user {User}, which no session has open: it waits for COMMIT PREPARED or ROLLBACK PREPARED"
                + (TransactionAge is { } prepared ? $" for {Duration.Text(prepared)}" : "")
                + $", holds {Holds}, we want {Wanted}"
            : $"pid {Pid}, user {User ?? "unknown"}, application \"{Application}\", {State ?? "state hidden"}"
                + (TransactionAge is { } age ? $", transaction open for {Duration.Text(age)}" : "")
                + (Holds is null ? "" : $", holds {Holds}")
                + (Wanted is null ? "" : $", we want {Wanted}")
                + (string.IsNullOrEmpty(Query) ? "" : $", query: {Query}");
}
