using Npgsql;

namespace Db.Rehearsing;

/// <summary>
/// Looks from a second session at the locks that the bundle's sessions hold on tables, many times a second. What is held
/// for less than that may be missed: the plan names the locks of every statement, this says how long they last.
/// </summary>
internal sealed class LockSampler : IAsyncDisposable
{
    /// <summary>The time between two looks.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(20);

    // From the weakest to the strongest, as PostgreSQL numbers them.
    private static readonly string[] _strength =
    [
        "AccessShareLock",
        "RowShareLock",
        "RowExclusiveLock",
        "ShareUpdateExclusiveLock",
        "ShareLock",
        "ShareRowExclusiveLock",
        "ExclusiveLock",
        "AccessExclusiveLock",
    ];

    private readonly NpgsqlConnection _connection;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Migration, string Table, string Mode), double> _seen = [];
    private readonly IReadOnlySet<string> _tables;
    private readonly Task _running;
    private string? _migration;

    private LockSampler(NpgsqlConnection connection, IReadOnlySet<string> tables)
    {
        _connection = connection;
        _tables = tables;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Begins to look.</summary>
    /// <param name="connectionString">The scratch database, as its superuser.</param>
    /// <param name="tables">The tables that existed before: on one that a migration makes, nobody waits.</param>
    /// <param name="ct">Ends the opening of the session.</param>
    public static async Task<LockSampler> StartAsync(
        string connectionString,
        IReadOnlySet<string> tables,
        CancellationToken ct
    )
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(ct);
        return new LockSampler(connection, tables);
    }

    /// <summary>What is seen from now on is this migration's.</summary>
    public void Begin(string? migration)
    {
        lock (_lock)
        {
            _migration = migration;
        }
    }

    /// <summary>The strongest lock of each table in a migration.</summary>
    public IReadOnlyList<SeenLock> Of(string migration)
    {
        lock (_lock)
        {
            return
            [
                .. _seen
                    .Where(seen => seen.Key.Migration == migration)
                    .GroupBy(seen => seen.Key.Table)
                    .Select(table => table.MaxBy(seen => Array.IndexOf(_strength, seen.Key.Mode)))
                    .Select(seen => new SeenLock(seen.Key.Table, seen.Key.Mode, (long)Math.Ceiling(seen.Value)))
                    .OrderByDescending(seen => Array.IndexOf(_strength, seen.Mode))
                    .ThenBy(seen => seen.Table, StringComparer.Ordinal),
            ];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _connection.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await using var command = new NpgsqlCommand(
                """
                SELECT DISTINCT n.nspname || '.' || c.relname, l.mode
                FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.granted
                    AND l.pid <> pg_backend_pid() AND c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_'
                    AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
                """,
                _connection
            );
            await command.PrepareAsync(_stop.Token);
            for (var last = System.Diagnostics.Stopwatch.GetTimestamp(); ; await Task.Delay(Every, _stop.Token))
            {
                string? migration;
                lock (_lock)
                {
                    migration = _migration;
                }

                var found = new List<(string, string)>();
                await using (var reader = await command.ExecuteReaderAsync(_stop.Token))
                {
                    while (await reader.ReadAsync(_stop.Token))
                    {
                        found.Add((reader.GetString(0), reader.GetString(1)));
                    }
                }

                var now = System.Diagnostics.Stopwatch.GetTimestamp();
                var since = System.Diagnostics.Stopwatch.GetElapsedTime(last, now).TotalMilliseconds;
                last = now;
                if (migration is null)
                {
                    continue;
                }

                lock (_lock)
                {
                    foreach (var (table, mode) in found.Where(seen => _tables.Contains(seen.Item1)))
                    {
                        _seen[(migration, table, mode)] = _seen.GetValueOrDefault((migration, table, mode)) + since;
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
        catch (NpgsqlException)
        {
            // The server is gone; whoever uses it says so.
        }
    }
}
