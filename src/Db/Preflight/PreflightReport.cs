namespace Db.Preflight;

/// <summary>Whether a release may begin, with what proves it.</summary>
/// <param name="Checks">Each check.</param>
/// <param name="PlanDigest">The plan that the bundle would run now; null where it could not say.</param>
/// <param name="BundleSha256">The bundle that was looked at.</param>
internal sealed record PreflightReport(IReadOnlyList<PreflightResult> Checks, string? PlanDigest, string BundleSha256)
{
    public IReadOnlyList<PreflightResult> Failed => [.. Checks.Where(c => c.Outcome == PreflightOutcome.Fail)];

    /// <summary>Nothing stands against it.</summary>
    public bool MayBegin => Failed.Count == 0;
}

/// <summary>What a check found.</summary>
/// <param name="Id">The check, as <c>--accept</c> names it.</param>
/// <param name="Title">What it asks, for people.</param>
/// <param name="Outcome">Whether it holds.</param>
/// <param name="Evidence">What was seen.</param>
/// <param name="ToDo">What to do, as a command where there is one; null where there is nothing.</param>
internal sealed record PreflightResult(
    string Id,
    string Title,
    PreflightOutcome Outcome,
    string Evidence,
    string? ToDo = null
);

/// <summary>Whether a check holds.</summary>
internal enum PreflightOutcome
{
    /// <summary>It does.</summary>
    Ok,

    /// <summary>It does not quite, and a release may begin all the same.</summary>
    Warn,

    /// <summary>It does not: no release.</summary>
    Fail,
}
