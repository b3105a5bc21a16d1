using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using MigrationSafety.Arguments;
using MigrationSafety.Diagnostics;
using MigrationSafety.Execution;
using Npgsql;

namespace MigrationSafety.Locking;

/// <summary>
/// Looks at the database before a run. Whoever has a table for itself (VACUUM FULL, an ALTER TABLE left open) keeps readers out too, the
/// guards among them. Nobody waits behind a reader, so it is waited for as long as the migrations themselves would, and said who it is.
/// </summary>
internal sealed class PatientLook(MigrationSafetyOptions options, ILogger logger, RunProgress progress, int backendPid)
{
    private const string Reset = "RESET lock_timeout; RESET statement_timeout";

    private static readonly TimeSpan FirstPortion = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPortion = TimeSpan.FromMinutes(1);

    public static bool IsLockNotGiven(PostgresException e) => e.SqlState == PostgresErrorCodes.LockNotAvailable;

    /// <summary>Looks, again from the start when a lock was not given in time; it must change nothing.</summary>
    public async ValueTask<T> AtAsync<T>(Session session, Func<ValueTask<T>> look)
    {
        var elapsed = Stopwatch.StartNew();
        var before = session.Relational.CommandTimeout;
        // Rows are counted, and a role's own limits are meant for the application.
        session.Relational.CommandTimeout = (int)
            Math.Min(int.MaxValue / 1000, options.NonTransactionalTimeout.TotalSeconds + 60);
        var watch = new LockWatch(session, backendPid, FirstPortion);
        await using var watching = watch.ConfigureAwait(false);
        try
        {
            for (var portion = FirstPortion; ; portion = Shorter(portion * 2, LongestPortion))
            {
                try
                {
                    await session
                        .ExecuteAsync(
                            "SELECT set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false)",
                            Milliseconds(portion),
                            Milliseconds(options.NonTransactionalTimeout)
                        )
                        .ConfigureAwait(false);
                    return await look().ConfigureAwait(false);
                }
                catch (PostgresException e) when (IsLockNotGiven(e))
                {
                    await session.RollbackAsync().ConfigureAwait(false);
                    if (elapsed.Elapsed > options.LockWait)
                    {
                        throw NotGiven(e, watch);
                    }

                    logger.WaitingToLook(
                        Duration.Text(elapsed.Elapsed),
                        watch.Text,
                        Duration.Text(options.LockWait - elapsed.Elapsed)
                    );
                }
            }
        }
        finally
        {
            session.Relational.CommandTimeout = before;
            await ResetAsync(session).ConfigureAwait(false);
        }
    }

    private MigrationFailedException NotGiven(PostgresException e, LockWatch watch) =>
        new(
            new Failure(
                "LockNotGiven",
                $"The database could not be looked at before the run within {Duration.Text(options.LockWait)}: another session has locked a "
                    + $"table against readers too ({e.SqlState}).\nIn the way: {watch.Text}.",
                progress.Describe(),
                watch.ToDo + " run again; -- --lock-wait 1h waits for longer."
            ),
            e
        );

    private static async ValueTask ResetAsync(Session session)
    {
        try
        {
            await session.RollbackAsync().ConfigureAwait(false);
            await session.CleanUpAsync(Reset).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // A lost session has no settings.
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static string Milliseconds(TimeSpan duration) =>
        ((long)duration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) + "ms";
}
