using Db.Compatibility;
using MigrationSafety.Hazards;

namespace Db.Tracing.Findings;

/// <summary>Names the dangers in what was observed.</summary>
internal static class TraceFindings
{
    /// <summary>The migration with its findings, gravest first, and which of them it accepts.</summary>
    public static TracedMigration Complete(TracedMigration migration, IReadOnlyList<AcceptedHazard> accepted)
    {
        var findings = migration
            .Runs.SelectMany(run => LockFindings.Of(run).Concat(LossFindings.Of(run)).Concat(MessFindings.Of(run)))
            .Concat(ReleaseFindings.Of(migration.PreviousRelease, migration.CodeFirst))
            .Concat(MessFindings.OfDown(migration.NotRestored))
            .Select(f => Judge(f, accepted))
            .OrderByDescending(f => f.Severity)
            .ThenBy(f => f.Direction == "Down")
            .ThenBy(f => f.Statement);
        return migration with { Findings = [.. findings] };
    }

    /// <summary>A finding with the reason for which a migration accepts it.</summary>
    public static TraceFinding Judge(TraceFinding finding, IReadOnlyList<AcceptedHazard> accepted) =>
        finding with
        {
            Accepted = ReasonFor(finding, accepted),
        };

    // What a check names by its statement, the trace sees by its effect: accepted there is accepted here.
    private static readonly Dictionary<string, string[]> _sameAs = new()
    {
        ["rewrites-table"] =
        [
            "add-column-rewrites",
            "change-type-rewrites",
            "move-table-rewrites",
            "vacuum-full",
            "cluster",
            "refresh-not-concurrent",
        ],
        ["builds-index-under-lock"] =
        [
            "index-not-concurrent",
            "unique-not-using-index",
            "primary-key-not-using-index",
            "exclusion-constraint",
            "reindex-not-concurrent",
        ],
        ["scans-under-lock"] =
        [
            "check-validated-at-once",
            "foreign-key-validated-at-once",
            "set-not-null-scans",
            "validate-with-not-valid",
            "domain-constraint-validated-at-once",
            "attach-partition-without-check",
            "backfill-with-schema-change",
        ],
        ["holds-lock-through-work"] = ["backfill-with-schema-change", "many-tables-in-one-transaction"],
        ["breaks-previous-release"] =
        [
            "drop-column",
            "drop-table",
            "rename-column",
            "rename-table",
            "rename-enum-value",
            "enum-label-removed",
            "required-column-without-default",
            "not-null-rejects-writes",
            "check-rejects-writes",
            "unique-rejects-writes",
            "narrowed-column",
            "narrowing-conversion",
            "change-type-rewrites",
            "default-removed",
        ],
        ["unbatched-delete"] = ["delete-without-where"],
        ["truncate-table"] = ["truncate-cascade"],
    };

    private static bool IsFor(string accepted, TraceFinding found) =>
        accepted == found.Id || (found.AcceptedAs ?? _sameAs.GetValueOrDefault(found.Id, [])).Contains(accepted);

    private static string? ReasonFor(TraceFinding finding, IReadOnlyList<AcceptedHazard> accepted) =>
        accepted.FirstOrDefault(a => IsFor(a.Hazard, finding) && (a.On is null || IsOn(finding.Object, a.On)))?.Reason;

    // With or without the schema: public.users or users.
    private static bool IsOn(string found, string named) =>
        found == named
        || found.StartsWith(named + ".", StringComparison.Ordinal)
        || found.EndsWith("." + named, StringComparison.Ordinal)
        || found.Contains($".{named}.", StringComparison.Ordinal);
}
