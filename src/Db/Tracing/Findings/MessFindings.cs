namespace Db.Tracing.Findings;

/// <summary>What the migration left behind, or could not do.</summary>
internal static class MessFindings
{
    public static IEnumerable<TraceFinding> Of(TracedRun run)
    {
        if (run.Failure is { } failure)
        {
            yield return new TraceFinding(
                "fails-on-rows",
                Severity.Danger,
                run.Direction,
                0,
                "",
                $"It works on empty tables at best: with rows in them it failed. {failure.Message}",
                "Correct the migration, or make the rows fit in a migration before it."
            );
        }

        foreach (var left in run.Leaves)
        {
            yield return left.State switch
            {
                "invalid" => new TraceFinding(
                    "leaves-invalid-index",
                    Severity.Danger,
                    run.Direction,
                    0,
                    left.Table,
                    $"The index {left.Name} is invalid: every write pays for it, no query uses it, and a unique one may hold duplicates.",
                    $"DROP INDEX CONCURRENTLY {left.Name}; and build it again."
                ),
                "disabled" => new TraceFinding(
                    "trigger-disabled",
                    Severity.Warning,
                    run.Direction,
                    0,
                    left.Table,
                    $"The trigger {left.Name} is disabled: what it kept true is no longer kept.",
                    "Enable it again in the same migration."
                ),
                _ => new TraceFinding(
                    "leaves-constraint-not-valid",
                    Severity.Note,
                    run.Direction,
                    0,
                    left.Table,
                    $"The constraint {left.Name} is not validated: rows from before may break it.",
                    "VALIDATE CONSTRAINT in the next migration."
                ),
            };
        }
    }
}
