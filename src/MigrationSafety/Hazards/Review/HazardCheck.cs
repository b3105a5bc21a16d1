namespace MigrationSafety.Hazards.Review;

/// <summary>Looks for one hazard. One id, one class, one file, one page.</summary>
internal abstract class HazardCheck
{
    /// <summary>The hazard it looks for, with examples that the tests try.</summary>
    public abstract Hazard Hazard { get; }

    /// <summary>
    /// Whether it looks at Down as well. What breaks the running release does not: a Down is run to go back to the release before, whose
    /// schema it restores.
    /// </summary>
    public virtual bool LooksAtDown => Hazard.Group != HazardGroup.BreaksTheRunningRelease;

    /// <summary>Looks at one statement, on the schema before it.</summary>
    public virtual IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context) => [];

    /// <summary>Looks at all of a script, on the schema after it.</summary>
    public virtual IEnumerable<Found> CheckEnd(HazardContext context) => [];
}

/// <summary>What a check found.</summary>
/// <param name="Statement">The statement that a finding points at.</param>
/// <param name="Object">The table or other object it is about, as it is shown.</param>
/// <param name="What">What would happen, to whom.</param>
/// <param name="Instead">What to write instead.</param>
internal sealed record Found(ReviewedStatement Statement, string? Object, string What, string Instead);
