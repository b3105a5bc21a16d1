using Db.Tracing.Observing;

namespace Db.Tracing.Findings;

/// <summary>Rows, values and objects that are gone afterwards.</summary>
internal static class LossFindings
{
    private static readonly HashSet<string> _used = ["view", "materialized view", "function", "enum label", "type"];

    public static IEnumerable<TraceFinding> Of(TracedRun run)
    {
        foreach (var statement in run.Statements)
        {
            foreach (var change in statement.Changed)
            {
                if (change.IsTruncated)
                {
                    yield return new TraceFinding(
                        "truncate-table",
                        Severity.Danger,
                        run.Direction,
                        statement.Number,
                        change.Table,
                        $"All {change.Of:N0} rows of {change.Table} are gone, under a lock that keeps readers and writers waiting.",
                        "Delete in batches what has to go, after a backup; or rename the table and drop it in a later release."
                    );
                }
                else if (!statement.CommitsOnItsWay && LockFindings.IsMost(change.Deleted, change.Of))
                {
                    yield return new TraceFinding(
                        "unbatched-delete",
                        Severity.Danger,
                        run.Direction,
                        statement.Number,
                        change.Table,
                        $"One statement deleted {change.Deleted:N0} of {change.Of:N0} rows of {change.Table}, by itself or through ON DELETE CASCADE.",
                        "Delete in batches what has to go, after a backup, outside of the migration."
                    );
                }
            }

            foreach (
                var gone in statement.Dropped.Where(d =>
                    d is { Kind: "table" or "column", State: not ObservedObject.OfOwnUp }
                )
            )
            {
                yield return new TraceFinding(
                    gone.Kind == "table" ? "drop-table" : "drop-column",
                    Severity.Danger,
                    run.Direction,
                    statement.Number,
                    gone.Name,
                    $"The {gone.Kind} {gone.Name} is gone with {(gone.Rows < 0 ? "whatever it held" : $"what its {gone.Rows:N0} rows held")}, "
                        + "and a release that still reads it fails.",
                    $"Take the {gone.Kind} out of the model first, let that release run everywhere, and drop it in a later one."
                );
            }
        }

        // What Up made goes again; the rails count its rows on the live database, and refuse to lose them without being told to.
        var own = run
            .Statements.SelectMany(s => s.Dropped)
            .Where(d => d is { Kind: "table" or "column", State: ObservedObject.OfOwnUp })
            .Select(d => d.Name)
            .ToList();
        if (own.Count > 0)
        {
            yield return new TraceFinding(
                "down-loses-data",
                Severity.Note,
                run.Direction,
                0,
                string.Join(", ", own),
                "Going back loses what was written there since. The rails count it on the live database, and refuse unless "
                    + "--allow-data-loss is given.",
                "Take a backup before going back."
            );
        }

        var made = run
            .Statements.SelectMany(s => s.Dropped)
            .Where(d => _used.Contains(d.Kind) && d.State != ObservedObject.OfOwnUp)
            .ToList();
        foreach (var gone in made.Where(d => !run.MadeAgain.Contains($"{d.Kind} {d.Name}")))
        {
            yield return new TraceFinding(
                gone.Kind switch
                {
                    "enum label" => "enum-label-removed",
                    "materialized view" => "drop-view",
                    var kind => "drop-" + kind,
                },
                Severity.Warning,
                run.Direction,
                run.Statements.First(s => s.Dropped.Contains(gone)).Number,
                gone.Name,
                $"The {gone.Kind} {gone.Name} is gone, and the running release fails wherever it still uses it.",
                "Drop it in a release after the one that no longer uses it."
            );
        }
    }
}
