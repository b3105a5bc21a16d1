using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using MigrationSafety.Arguments;
using MigrationSafety.Diagnostics;
using MigrationSafety.Execution;

namespace MigrationSafety.Locking;

/// <summary>The right to migrate one history table of one database: a session advisory lock on the context's own session.</summary>
/// <remarks>
/// It is asked for again and again, never waited for: a session that waits in pg_advisory_lock holds a snapshot, and CREATE INDEX
/// CONCURRENTLY of the run that holds the lock waits for that snapshot, which PostgreSQL ends as a deadlock (40P01). PostgreSQL frees it
/// with the session, however that ends.
/// </remarks>
internal sealed class RunnerLock(MigrationSafetyOptions options, ILogger logger)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    /// <summary>The key of the lock: the same for every run on the same history table, whatever tool starts it.</summary>
    public static long Key(string historyTable) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes("migrations " + historyTable)));

    /// <exception cref="MigrationRefusedException">Another run holds it for longer than the limit.</exception>
    public async ValueTask AcquireAsync(Session session, string historyTable)
    {
        var key = Key(historyTable);
        var start = System.Diagnostics.Stopwatch.StartNew();
        var said = default(RunnerLockHolder);
        var reminder = new Reminder(options.RunnerWait);
        using var span = MigrationSafetyDiagnostics.Start("wait for runner");
        for (var delay = Shortest; ; delay = delay * 1.5 < Longest ? delay * 1.5 : Longest)
        {
            if (await session.ScalarAsync<bool>("SELECT pg_try_advisory_lock($1)", key).ConfigureAwait(false))
            {
                if (said is not null)
                {
                    MigrationSafetyDiagnostics.RunnerWaits.Record(start.Elapsed.TotalSeconds);
                }

                return;
            }

            var holder = await RunnerLockHolder.FindAsync(session, key).ConfigureAwait(false);
            if (holder is not null && (holder.Pid != said?.Pid || reminder.IsDue()))
            {
                var left = said is null ? options.RunnerWait : options.RunnerWait - start.Elapsed;
                logger.WaitingForRunner(holder.ToString(), Duration.Text(left));
                said = holder;
            }

            if (start.Elapsed > options.RunnerWait)
            {
                throw new MigrationRefusedException(
                    new Failure(
                        "AnotherRunner",
                        $"Another run migrates this database, and did not end within {Duration.Text(options.RunnerWait)}: "
                            + $"{(holder ?? said)?.ToString() ?? "its session could not be seen"}.",
                        "this run changed nothing; the other one goes on.",
                        "wait for the other run, then run again; with -- --runner-wait 2h this one waits longer."
                            + (
                                said is null
                                    ? ""
                                    : $" If the other run is dead: SELECT pg_terminate_backend({said.Pid});"
                            )
                    )
                );
            }

            // Jitter, so that twenty runs started at once do not ask at once.
            await session.DelayAsync(delay * (0.5 + Random.Shared.NextDouble())).ConfigureAwait(false);
        }
    }

    /// <summary>Gives it back, also after the run was cancelled; a lost session has given it back already.</summary>
    /// <remarks>
    /// Closing would not do: Npgsql resets a pooled session only when it is taken from the pool again, and holds the lock until then.
    /// </remarks>
    public static ValueTask ReleaseAsync(Session session, string historyTable) =>
        session.GiveUpAsync($"SELECT pg_advisory_unlock({Key(historyTable)})");
}
