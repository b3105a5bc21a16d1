using System.Diagnostics;
using System.Globalization;
using MigrationSafety.Arguments;
using Npgsql;

namespace Db.Windows;

/// <summary>How much a database does at the moment.</summary>
/// <param name="TransactionsPerSecond">Committed and rolled back, in this database.</param>
/// <param name="LongestTransaction">The age of the oldest open transaction; zero where there is none.</param>
/// <param name="LongestTransactionOf">Whose it is, or null.</param>
/// <param name="ReplicationLag">How far the slowest replica is behind; null where there is none to be seen.</param>
/// <param name="MeasuredFor">Over which time.</param>
/// <param name="NotSeen">What the role may not see, and what lets it; null where it sees everything.</param>
internal sealed record Load(
    double TransactionsPerSecond,
    TimeSpan LongestTransaction,
    string? LongestTransactionOf,
    TimeSpan? ReplicationLag,
    TimeSpan MeasuredFor,
    string? NotSeen
)
{
    private const string Sql = """
        SELECT (SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()),
            coalesce(extract(epoch FROM t.age), 0)::float8, t.who,
            (SELECT extract(epoch FROM max(replay_lag))::float8 FROM pg_stat_replication),
            (SELECT count(*) FROM pg_stat_replication),
            current_user::text, pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') OR current_setting('is_superuser') = 'on'
        FROM (SELECT) AS one LEFT JOIN LATERAL (
            SELECT clock_timestamp() - a.since AS age, a.who FROM (
                SELECT xact_start AS since,
                    format('session %s (%s%s, %s)', pid, usename, CASE WHEN application_name <> '' THEN ', ' || application_name ELSE '' END, state) AS who
                FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND xact_start IS NOT NULL
                UNION ALL
                SELECT prepared, format('prepared transaction %s', gid) FROM pg_prepared_xacts WHERE database = current_database()
            ) AS a ORDER BY a.since LIMIT 1
        ) AS t ON true
        """;

    /// <summary>Measures: two looks at the server's counters, some time apart.</summary>
    public static async Task<Load> MeasureAsync(NpgsqlConnection connection, TimeSpan duration, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var before = await ReadAsync(connection, ct);
        await Task.Delay(duration, ct);
        var after = await ReadAsync(connection, ct);
        var measured = watch.Elapsed;
        // The looks themselves are transactions, too.
        var transactions = Math.Max(0, after.Transactions - before.Transactions - 1);
        return new Load(
            Math.Round(transactions / measured.TotalSeconds, 1),
            after.Longest,
            after.Who,
            // A replica that has caught up and hears nothing new has no lag to report.
            after.Replicas == 0
                ? null
                : after.Lag ?? TimeSpan.Zero,
            measured,
            after.SeesAll
                ? null
                : $"{after.User} sees only its own sessions' transactions and no replica's lag; let it see all: GRANT pg_read_all_stats TO \"{after.User}\";"
        );
    }

    private static async Task<Look> ReadAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new Look(
            reader.GetInt64(0),
            TimeSpan.FromSeconds(Math.Max(0, reader.GetDouble(1))),
            reader.IsDBNull(2) ? null : reader.GetString(2),
            reader.IsDBNull(3) ? null : TimeSpan.FromSeconds(Math.Max(0, reader.GetDouble(3))),
            reader.GetInt64(4),
            reader.GetString(5),
            reader.GetBoolean(6)
        );
    }

    private sealed record Look(
        long Transactions,
        TimeSpan Longest,
        string? Who,
        TimeSpan? Lag,
        long Replicas,
        string User,
        bool SeesAll
    );
}

/// <summary>From where on a database does too much for a release; null for no limit.</summary>
/// <param name="TransactionsPerSecond">Transactions a second.</param>
/// <param name="LongestTransaction">Age of the oldest open transaction.</param>
/// <param name="ReplicationLag">Lag of the slowest replica.</param>
/// <param name="MeasureFor">Over which time it is measured.</param>
internal sealed record LoadLimits(
    double? TransactionsPerSecond,
    TimeSpan? LongestTransaction,
    TimeSpan? ReplicationLag,
    TimeSpan MeasureFor
)
{
    /// <summary>A transaction that holds a needed table for so long is refused by the rails as well.</summary>
    public static LoadLimits Default { get; } =
        new(null, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5));

    /// <summary>Each limit, what was measured, and whether it holds.</summary>
    public IReadOnlyList<LoadFigure> Compare(Load load) =>
        [
            new(
                "transactions per second",
                Number(load.TransactionsPerSecond),
                TransactionsPerSecond is { } most ? Number(most) : null,
                !(load.TransactionsPerSecond > TransactionsPerSecond)
            ),
            new(
                "longest transaction",
                Duration.Text(load.LongestTransaction)
                    + (load.LongestTransactionOf is null ? "" : $", {load.LongestTransactionOf}"),
                LongestTransaction is { } longest ? Duration.Text(longest) : null,
                !(load.LongestTransaction > LongestTransaction)
            ),
            new(
                "replication lag",
                load.ReplicationLag is { } lag ? Duration.Text(lag) : "no replica",
                ReplicationLag is { } slowest ? Duration.Text(slowest) : null,
                !(load.ReplicationLag > ReplicationLag)
            ),
        ];

    private static string Number(double number) => number.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>One figure of the load beside its limit.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Found">What it is.</param>
/// <param name="Limit">What it may be; null for anything.</param>
/// <param name="Holds">Whether it is low enough.</param>
internal sealed record LoadFigure(string Name, string Found, string? Limit, bool Holds);
