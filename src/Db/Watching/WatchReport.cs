namespace Db.Watching;

/// <summary>How one thing, or all of it, is compared with before.</summary>
internal enum WatchVerdict
{
    /// <summary>Better than before.</summary>
    Better,

    /// <summary>No worse and no better than chance makes it.</summary>
    Same,

    /// <summary>Worse than before.</summary>
    Worse,
}

/// <summary>One thing that was watched.</summary>
/// <param name="Name">What.</param>
/// <param name="Before">What it was; null where there is nothing to compare with.</param>
/// <param name="Now">What it is.</param>
/// <param name="Verdict">How that compares.</param>
/// <param name="Rule">From where on it would have been worse.</param>
internal sealed record WatchFinding(string Name, string? Before, string Now, WatchVerdict Verdict, string Rule);

/// <summary>A period, held against one before.</summary>
/// <param name="Verdict">Worse where anything is; better where something is and nothing is worse.</param>
/// <param name="Findings">Each thing that was watched.</param>
/// <param name="Now">The period.</param>
/// <param name="Before">What it was compared with; null where there was nothing.</param>
internal sealed record WatchReport(
    WatchVerdict Verdict,
    IReadOnlyList<WatchFinding> Findings,
    WatchedPeriod Now,
    WatchedPeriod? Before
);
