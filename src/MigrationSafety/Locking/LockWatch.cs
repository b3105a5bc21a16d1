using MigrationSafety.Execution;
using MigrationSafety.Failures;
using MigrationSafety.Plan;
using Npgsql;

namespace MigrationSafety.Locking;

/// <summary>
/// While a step runs, looks from a second session who stands in its way. PostgreSQL's own error (55P03) does not say it, and after the
/// rollback nobody can. It lasts for all attempts of a step, so that its connection is opened once.
/// </summary>
internal sealed class LockWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly Task _watching;
    private readonly bool _async;
    private volatile IReadOnlyList<Blocker> _last = [];
    private volatile string? _problem;
    private IReadOnlyList<Blocker> _holding = [];
    private bool _looked;

    /// <param name="session">The session whose step runs.</param>
    /// <param name="pid">Its backend.</param>
    /// <param name="every">How often to look; the first look comes after half of it, so that a quick step costs no connection.</param>
    public LockWatch(Session session, int pid, TimeSpan every)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(session.CancellationToken);
        _async = session.Async;
        var connection = session.Connection;
        // What the observer does belongs to no span of the run.
        using (ExecutionContext.SuppressFlow())
        {
            _watching = Task.Run(() => WatchAsync(session, connection, pid, every, _stop.Token));
        }
    }

    /// <summary>Who stood in the way when it was last seen that somebody did.</summary>
    public IReadOnlyList<Blocker> Blockers => _last;

    /// <summary>Forgets who was seen: the next attempt may meet others.</summary>
    public void Forget() => (_last, _holding, _looked) = ([], [], false);

    /// <summary>
    /// After an attempt that was over before anybody could be seen: looks, from the session itself, who holds the tables that it wanted. It is
    /// for what is said only: an attempt that waited in vain for somebody who is not in the way would be worse than one more attempt.
    /// </summary>
    public async ValueTask LookAgainAsync(Session session, IReadOnlyList<StatementLock> wanted)
    {
        if (_last.Count > 0 || wanted.Count == 0)
        {
            return;
        }

        try
        {
            _holding = await Blocker.HoldingAsync(session, wanted).ConfigureAwait(false);
            _looked = true;
        }
        catch (PostgresException e) when (!LostConnection.Is(e))
        {
            // A courtesy too: a name that PostgreSQL does not find again must not end the run.
        }
    }

    private IReadOnlyList<Blocker> Seen => _last is { Count: > 0 } blockers ? blockers : _holding;

    public string Text =>
        Seen is { Count: > 0 } seen ? string.Join("; ", seen)
        : _looked ? "nobody any more; it was over too soon to be seen"
        : _problem is { } problem ? $"could not be seen ({problem})"
        : "not seen yet, the attempt was shorter than the look for it";

    /// <summary>What to do about it, up to the word "and".</summary>
    public string ToDo =>
        Seen is [var first, ..]
            ? $"end what is in the way ({first.ToEnd} if it may be ended) or wait for it, and"
            : "find out what holds the lock (SELECT * FROM pg_stat_activity WHERE xact_start IS NOT NULL ORDER BY xact_start;) and";

    public async ValueTask DisposeAsync()
    {
        if (_async)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await _watching.ConfigureAwait(false);
        }
        else
        {
            _stop.Cancel();
            _watching.GetAwaiter().GetResult();
        }

        _stop.Dispose();
    }

    private async Task WatchAsync(
        Session session,
        NpgsqlConnection connection,
        int pid,
        TimeSpan every,
        CancellationToken stop
    )
    {
        try
        {
            if (!await PassesAsync(every / 2, stop).ConfigureAwait(false))
            {
                return;
            }

            // While EF Core makes its SQL, nobody stands in the way.
            while (!session.Waits)
            {
                if (!await PassesAsync(every / 4, stop).ConfigureAwait(false))
                {
                    return;
                }
            }

            await using var observer = await ObserverConnection.OpenAsync(connection, stop).ConfigureAwait(false);
            while (true)
            {
                if (await Blocker.FindAsync(observer, pid, stop).ConfigureAwait(false) is { Count: > 0 } blockers)
                {
                    _last = blockers;
                }

                await Task.Delay(every / 4, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The step is over.
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or TimeoutException or IOException)
        {
            // Watching is a courtesy: without a free connection the step must go on all the same.
            _problem = e.Message;
        }
    }

    /// <summary>False where the step was over before: that is what nearly all are, too many for an exception each.</summary>
    private static async Task<bool> PassesAsync(TimeSpan time, CancellationToken stop)
    {
        await Task.Delay(time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !stop.IsCancellationRequested;
    }
}
