using Db.Compatibility;
using MigrationSafety;

namespace Db.Tracing.Findings;

/// <summary>Names the dangers in what was observed.</summary>
internal static class TraceFindings
{
    /// <summary>The migration with its findings, gravest first, and which of them it accepts.</summary>
    public static TracedMigration Complete(TracedMigration migration, IReadOnlyList<AcceptHazardAttribute> accepted)
    {
        var findings = migration
            .Runs.SelectMany(run => LockFindings.Of(run).Concat(LossFindings.Of(run)).Concat(MessFindings.Of(run)))
            .Concat(ReleaseFindings.Of(migration.PreviousRelease, migration.CodeFirst))
            .Select(f => f with { Accepted = ReasonFor(f, accepted) })
            .OrderByDescending(f => f.Severity)
            .ThenBy(f => f.Direction == "Down")
            .ThenBy(f => f.Statement);
        return migration with { Findings = [.. findings] };
    }

    private static string? ReasonFor(TraceFinding finding, IReadOnlyList<AcceptHazardAttribute> accepted) =>
        accepted.FirstOrDefault(a => a.Hazard == finding.Id && (a.On is null || IsOn(finding.Object, a.On)))?.Reason;

    // With or without the schema: public.users or users.
    private static bool IsOn(string found, string named) =>
        found == named
        || found.EndsWith("." + named, StringComparison.Ordinal)
        || found.Contains($".{named}.", StringComparison.Ordinal);
}
