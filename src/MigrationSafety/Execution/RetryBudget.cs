using System.Diagnostics;

namespace MigrationSafety.Execution;

/// <summary>How long the next attempt may wait for a lock, how long to pause before it, and whether there is one.</summary>
internal sealed class RetryBudget(MigrationSafetyOptions options)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Stopwatch _elapsed = Stopwatch.StartNew();

    /// <summary>The number of the attempt that runs now, from 1.</summary>
    public int Attempt { get; private set; } = 1;

    /// <summary>Doubles with each attempt up to the cap: short first, so that the usual short wait ends soon and costs nobody much.</summary>
    public TimeSpan LockTimeout =>
        Shorter(options.FirstLockTimeout * Math.Pow(2, Math.Min(Attempt - 1, 20)), options.LockTimeout);

    public TimeSpan Left => options.LockWait - _elapsed.Elapsed;

    public bool IsSpent => Left <= TimeSpan.Zero;

    /// <summary>The pause before the next attempt, which lets those who queued behind us pass; with jitter.</summary>
    public TimeSpan NextPause()
    {
        var pause = Shorter(FirstPause * Math.Pow(2, Math.Min(Attempt - 1, 20)), LongestPause);
        Attempt++;
        return pause * (0.75 + 0.5 * Random.Shared.NextDouble());
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
