namespace Db.Tracing.Findings;

/// <summary>What the migration left behind, or could not do.</summary>
internal static class MessFindings
{
    private const int Named = 5;

    /// <summary>What Up did and Down forgot.</summary>
    public static IEnumerable<TraceFinding> OfDown(IReadOnlyList<string>? notRestored)
    {
        if (notRestored is null or [])
        {
            yield break;
        }

        var named = string.Join("; ", notRestored.Take(Named));
        var more = notRestored.Count > Named ? $"; and {notRestored.Count - Named} more" : "";
        yield return new TraceFinding(
            "down-does-not-restore",
            Severity.Warning,
            "Down",
            0,
            "",
            $"After Up and Down the schema is not what it was before ({notRestored.Count} "
                + $"{(notRestored.Count == 1 ? "difference" : "differences")}): {named}{more}. The release before runs on a schema that "
                + "nobody has tested, and the next Up may fail on what is there already.",
            "Take back in Down, in the opposite order, everything that Up does. What PostgreSQL cannot take back, such as a label of an "
                + "enum, is accepted with that reason."
        );
    }

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
