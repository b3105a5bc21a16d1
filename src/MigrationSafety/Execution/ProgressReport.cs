using System.Globalization;
using Microsoft.Extensions.Logging;
using MigrationSafety.Diagnostics;
using MigrationSafety.Locking;
using Npgsql;

namespace MigrationSafety.Execution;

/// <summary>Says how far a long step is, from PostgreSQL's pg_stat_progress_… views, read by a second session.</summary>
internal sealed class ProgressReport : IDisposable
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource _stop = new();

    private ProgressReport() { }

    public static ProgressReport Start(Session session, int pid, ILogger logger)
    {
        var report = new ProgressReport();
        var connection = session.Connection;
        // What the observer does belongs to no span of the run.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(() => report.RunAsync(connection, pid, logger, report._stop.Token));
        }

        return report;
    }

    public void Dispose() => _stop.Cancel();

    private async Task RunAsync(NpgsqlConnection connection, int pid, ILogger logger, CancellationToken stop)
    {
        try
        {
            await Task.Delay(First, stop).ConfigureAwait(false);
            await using var observer = await ObserverConnection.OpenAsync(connection, stop).ConfigureAwait(false);
            for (string? said = null; ; await Task.Delay(Every, stop).ConfigureAwait(false))
            {
                if (await ReadAsync(observer, pid, stop).ConfigureAwait(false) is { } text && text != said)
                {
                    logger.Progress(said = text);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The step is over.
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or TimeoutException or IOException)
        {
            // A courtesy: the step goes on without it.
        }
    }

    private static async Task<string?> ReadAsync(NpgsqlConnection observer, int pid, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT command || ' on ' || relid::regclass || ': ' || phase, blocks_done, blocks_total
            FROM pg_stat_progress_create_index WHERE pid = $1
            UNION ALL
            SELECT command || ' on ' || relid::regclass || ': ' || phase, heap_blks_scanned, heap_blks_total
            FROM pg_stat_progress_cluster WHERE pid = $1
            UNION ALL
            SELECT 'VACUUM on ' || relid::regclass || ': ' || phase, heap_blks_scanned, heap_blks_total
            FROM pg_stat_progress_vacuum WHERE pid = $1
            """,
            observer
        )
        {
            Parameters = { new NpgsqlParameter { Value = pid } },
        };
        await using var reader = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
        if (!await reader.ReadAsync(stop).ConfigureAwait(false))
        {
            return null;
        }

        var (done, total) = (reader.GetInt64(1), reader.GetInt64(2));
        return reader.GetString(0)
            + (
                total > 0
                    ? string.Create(CultureInfo.InvariantCulture, $", {100 * done / total} % of {total} blocks")
                    : ""
            );
    }
}
