using System.Diagnostics;
using MigrationSafety.Locking;

namespace MigrationSafety.Execution;

/// <summary>How long the next attempt may wait for a lock, how long to pause before it, and whether there is one.</summary>
internal sealed class RetryBudget(MigrationSafetyOptions options)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    // Whoever stood in the way is waited for without queueing, so a later attempt meets others. Longer waits are for tables that are
    // never free of short queries.
    private const int AttemptsOfALength = 4;

    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private readonly HashSet<string> _askedToGiveWay = [];
    private bool _longest;

    /// <summary>The number of the attempt that runs now, from 1.</summary>
    public int Attempt { get; private set; } = 1;

    /// <summary>Doubles with every fourth attempt up to the cap: short first, so that nobody notices an attempt that was in vain.</summary>
    public TimeSpan LockTimeout =>
        _longest
            ? options.LockTimeout
            : Shorter(
                options.FirstLockTimeout * Math.Pow(2, Math.Min((Attempt - 1) / AttemptsOfALength, 20)),
                options.LockTimeout
            );

    public TimeSpan Left => options.LockWait - _elapsed.Elapsed;

    public bool IsSpent => Left <= TimeSpan.Zero;

    /// <summary>
    /// Whether the next attempt waits as long as it may, because autovacuum stands in the way: it gives way to a session that has waited
    /// for deadlock_timeout (1 s by default). Not twice for the same one: a vacuum against wraparound does not.
    /// </summary>
    public bool TriesLongestFor(IReadOnlyList<Blocker> blockers)
    {
        _longest = false;
        foreach (var blocker in blockers)
        {
            _longest |=
                blocker is { IsAutovacuum: true, Transaction: { } transaction } && _askedToGiveWay.Add(transaction);
        }

        return _longest;
    }

    /// <summary>The pause before the next attempt, which lets those who queued behind us pass; with jitter.</summary>
    public TimeSpan NextPause()
    {
        var pause = Shorter(FirstPause * Math.Pow(2, Math.Min(Attempt - 1, 20)), LongestPause);
        Attempt++;
        return pause * (0.75 + 0.5 * Random.Shared.NextDouble());
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
