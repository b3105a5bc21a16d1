using System.Diagnostics;
using MigrationSafety.Connections;
using Npgsql;

namespace Db.Releasing;

/// <summary>
/// Asks the database a small question over and over while a release runs, as the application would: one row of each of its tables. What
/// it waits, the application waits.
/// </summary>
internal sealed class LatencyProbe : IAsyncDisposable
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private readonly PostgresConnectionString _database;
    private readonly CancellationTokenSource _stop = new();
    private readonly SortedDictionary<long, ProbeSecond> _seconds = [];
    private readonly Task _running;

    private LatencyProbe(PostgresConnectionString database)
    {
        _database = database;
        _running = Task.Run(RunAsync);
    }

    public static LatencyProbe Start(PostgresConnectionString database) => new(database);

    /// <summary>What it saw so far.</summary>
    public IReadOnlyList<ProbeSecond> Seconds
    {
        get
        {
            lock (_seconds)
            {
                return [.. _seconds.Values];
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var settings = _database.ToBuilder();
        settings.ApplicationName = "db release: probe";
        settings.Pooling = false;
        settings.Timeout = 5;
        settings.CommandTimeout = 60;
        while (!_stop.IsCancellationRequested)
        {
            var begun = DateTimeOffset.UtcNow;
            try
            {
                await using var connection = new NpgsqlConnection(settings.ConnectionString);
                await connection.OpenAsync(_stop.Token);
                await using var command = new NpgsqlCommand(await QueryAsync(connection), connection);
                while (!_stop.IsCancellationRequested)
                {
                    begun = DateTimeOffset.UtcNow;
                    var clock = Stopwatch.StartNew();
                    await command.ExecuteNonQueryAsync(_stop.Token);
                    Add(begun, clock.Elapsed.TotalMilliseconds, error: false);
                    await Task.Delay(_pause, _stop.Token);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
            {
                Add(begun, (DateTimeOffset.UtcNow - begun).TotalMilliseconds, error: true);
                await Task.Delay(_pause, CancellationToken.None);
            }
        }
    }

    // A table that is missing or forbidden is left out: the probe measures, the checks judge.
    private async Task<string> QueryAsync(NpgsqlConnection connection)
    {
        await using var tables = new NpgsqlCommand(
            """
            SELECT string_agg(format('(SELECT count(*) FROM (SELECT FROM %s LIMIT 1) AS one)', c.oid::regclass), ' + ')
            FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'SELECT')
            """,
            connection
        );
        return "SELECT " + (await tables.ExecuteScalarAsync(_stop.Token) as string ?? "1");
    }

    private void Add(DateTimeOffset at, double milliseconds, bool error)
    {
        var second = at.ToUnixTimeSeconds();
        lock (_seconds)
        {
            var known = _seconds.GetValueOrDefault(
                second,
                new ProbeSecond(DateTimeOffset.FromUnixTimeSeconds(second), 0, 0, 0)
            );
            _seconds[second] = known with
            {
                Count = known.Count + 1,
                LongestMilliseconds = Math.Round(Math.Max(known.LongestMilliseconds, milliseconds), 1),
                Errors = known.Errors + (error ? 1 : 0),
            };
        }
    }
}
