using System.Diagnostics;
using Npgsql;

namespace Db.Watching;

/// <summary>Looks at a database once a second.</summary>
/// <param name="database">How messages and saved periods call it, without any secret.</param>
/// <param name="open">Opens a session; asked again after one was lost.</param>
internal sealed class DatabaseWatch(string database, Func<CancellationToken, Task<NpgsqlConnection>> open)
{
    private static readonly TimeSpan _between = TimeSpan.FromSeconds(1);

    /// <summary>Every look that succeeded, in order: for a picture of the period.</summary>
    public IReadOnlyList<WatchLook> Looks => _looks;

    private readonly List<WatchLook> _looks = [];

    /// <summary>Watches for some time. A server that does not answer is counted, not an error.</summary>
    /// <param name="duration">For how long.</param>
    /// <param name="progress">Told now and then what was seen last.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<WatchedPeriod> RunAsync(TimeSpan duration, Action<string>? progress, CancellationToken ct)
    {
        _looks.Clear();
        var failed = 0;
        var (from, watch) = (DateTimeOffset.UtcNow, Stopwatch.StartNew());
        NpgsqlConnection? connection = null;
        IReadOnlyDictionary<long, (long, double, string)>? first = null;
        IReadOnlyDictionary<long, (long, double, string)>? last = null;
        try
        {
            var told = TimeSpan.Zero;
            for (var done = false; !done; )
            {
                done = watch.Elapsed >= duration;
                try
                {
                    connection ??= await open(ct);
                    if (_looks.Count == 0)
                    {
                        first = await StatementTimes.ReadAsync(connection, ct);
                    }

                    _looks.Add(await WatchLook.ReadAsync(connection, ct));
                    if (done)
                    {
                        last = await StatementTimes.ReadAsync(connection, ct);
                    }
                }
                catch (Exception e)
                    when (e is NpgsqlException or TimeoutException or MigrationSafety.MigrationSafetyException)
                {
                    failed++;
                    progress?.Invoke($"{watch.Elapsed.TotalSeconds:0} s: the server does not answer");
                    if (connection is not null)
                    {
                        NpgsqlConnection.ClearPool(connection);
                        await connection.DisposeAsync();
                        connection = null;
                    }
                }

                if (_looks.Count > 0 && (watch.Elapsed - told > TimeSpan.FromSeconds(10) || done))
                {
                    told = watch.Elapsed;
                    progress?.Invoke(Told(watch.Elapsed, duration));
                }

                var left = duration - watch.Elapsed;
                if (!done)
                {
                    await Task.Delay(
                        left < _between
                            ? left > TimeSpan.Zero
                                ? left
                                : TimeSpan.Zero
                            : _between,
                        ct
                    );
                }
            }
        }
        finally
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }
        }

        return Period(from, watch.Elapsed, failed, StatementTimes.Between(first, last));
    }

    private WatchedPeriod Period(
        DateTimeOffset from,
        TimeSpan duration,
        int failed,
        (double? Mean, IReadOnlyList<WatchedStatement> Most) statements
    )
    {
        var lag = _looks.Max(l => l.ReplicationLagSeconds);
        var longest = _looks.MaxBy(l => l.LongestQuerySeconds);
        return new WatchedPeriod(
            database,
            from,
            Math.Round(duration.TotalSeconds, 1),
            // The looks are transactions as well.
            Math.Max(0, Added(l => l.Commits) - Math.Max(0, _looks.Count - 1)),
            Added(l => l.Rollbacks),
            Added(l => l.Deadlocks),
            Added(l => l.Conflicts),
            Added(l => l.FatalSessions),
            Added(l => l.KilledSessions),
            _looks.Select(l => l.Waiting).DefaultIfEmpty().Max(),
            Rounded(_looks.Select(l => l.LongestWaitSeconds).DefaultIfEmpty().Max()),
            Rounded(longest?.LongestQuerySeconds ?? 0),
            longest?.LongestQueryOf,
            Rounded(_looks.Select(l => (double)l.SlowQueries).DefaultIfEmpty().Average()),
            lag is null ? null : Rounded(lag.Value),
            _looks.Count == 0 ? [] : _looks[^1].InvalidIndexes,
            statements.Mean is { } mean ? Math.Round(mean, 3) : null,
            statements.Most,
            _looks.Count,
            failed,
            _looks.Count > 0 && !_looks[^1].SeesAll
                ? "Other roles' statements, transactions and replicas are not seen; as a superuser: GRANT pg_read_all_stats TO the role that watches."
                : null
        );
    }

    // Step by step: after a crash a server begins to count from nothing.
    private long Added(Func<WatchLook, long> counter)
    {
        var added = 0L;
        for (var i = 1; i < _looks.Count; i++)
        {
            var (before, after) = (counter(_looks[i - 1]), counter(_looks[i]));
            added += after >= before ? after - before : after;
        }

        return added;
    }

    private string Told(TimeSpan elapsed, TimeSpan duration)
    {
        var look = _looks[^1];
        var before = _looks.LastOrDefault(l => look.At - l.At > TimeSpan.FromSeconds(5)) ?? _looks[0];
        var seconds = Math.Max(0.001, (look.At - before.At).TotalSeconds);
        return FormattableString.Invariant(
            $"{elapsed.TotalSeconds:0} of {duration.TotalSeconds:0} s: {Math.Max(0, look.Commits - before.Commits) / seconds:0} transactions/s, {Math.Max(0, look.Rollbacks - _looks[0].Rollbacks)} rolled back, {look.Waiting} waiting for locks, longest statement {look.LongestQuerySeconds:0.0} s"
        );
    }

    private static double Rounded(double value) => Math.Round(value, 2);
}
