namespace Db.Releasing.Reports;

/// <summary>What a person does after a release that did not end well: what is the matter, then the ways from there.</summary>
internal static class WhatToDo
{
    /// <summary>The steps that failed or were interrupted, by their last attempt.</summary>
    public static IEnumerable<StepRecord> Problems(ReleaseRecord record) =>
        record.LastSteps.Where(step => step.Result?.Outcome is StepOutcome.Failed or StepOutcome.Interrupted);

    /// <summary>What of a step's evidence is the problem: where a check failed, not the ones that only warn.</summary>
    public static IEnumerable<Evidence> Seen(StepResult result)
    {
        var seen = result.Evidence.Where(evidence => !evidence.IsInOrder).ToList();
        return seen.Any(IsFailure) ? seen.Where(IsFailure) : seen;
    }

    /// <summary>When to go on and when to go back, a sentence or two; null where there is nothing to choose.</summary>
    public static string? Choice(ReleaseRecord record)
    {
        if (record.ToGoOn is null)
        {
            return null;
        }

        if (record.Outcome == ReleaseOutcome.Refused)
        {
            return Problems(record).Any(step => step.Result!.Outcome == StepOutcome.Failed)
                ? "Nothing was changed, so there is nothing to go back from. Mend what is named above first: begun again as it is, the release is refused again."
                : "Nothing was changed, so there is nothing to go back from. The release begins anew.";
        }

        if (record.ToGoBack is null)
        {
            return Interrupted(record)
                ? "Nothing was changed, so there is nothing to go back from. Going on runs the migrations."
                : "Nothing was changed, so there is nothing to go back from. Go on when what is named above is mended or has passed: as long as it is so, the release fails again.";
        }

        var looks = Problems(record)
            .Where(step => step.Result!.Outcome == StepOutcome.Failed && !HasToMigrate(step))
            .ToList();
        return looks.Count > 0 && !Problems(record).Any(HasToMigrate) ? AfterLooking(looks)
            : Interrupted(record)
                ? "Going on does the rest, and keeps what is done. Go back only where the release is given up, or the application that runs cannot work with what is applied."
            : "Going on runs what is not applied yet, and keeps what is: choose it when what is named above is mended or has passed, as it fails again until then. "
                + "Go back where that takes longer than the application that runs can work with what is applied.";
    }

    /// <summary>The ways from there, as commands that can be pasted, each with what to know before.</summary>
    public static IEnumerable<(string What, string Command, IReadOnlyList<string> About)> Commands(ReleaseRecord record)
    {
        if (record.ToGoOn is { } on)
        {
            yield return ("To go on", on, []);
        }

        if (record.ToGoBack is { } back)
        {
            yield return ("To go back", back, record.AboutGoingBack);
        }

        if (record.ToRestoreBeside is { } beside)
        {
            yield return ("To restore the backup of before into another database, beside this one", beside, []);
        }
    }

    private static string AfterLooking(IReadOnlyList<StepRecord> failed) =>
        $"All migrations are applied: going on looks again, and fails again at {string.Join(", ", failed.Select(step => step.Id))} until what is named above is mended. "
        + (
            failed.SelectMany(step => Seen(step.Result!)).ToList() is { Count: > 0 } seen
            && seen.All(evidence => evidence.WasSoBefore)
                ? "Mend it and go on. Going back does not mend it: all of it was so before this release."
                : "Mend it and go on where the application works meanwhile and nobody reaches what they should not. "
                    + "Go back where users fail, or see what is not theirs, because of this release."
        );

    private static bool Interrupted(ReleaseRecord record) =>
        Problems(record).All(step => step.Result!.Outcome == StepOutcome.Interrupted);

    private static bool HasToMigrate(StepRecord step) => step.Id is Steps.BundleStep.Name or Steps.RollBackStep.Name;

    private static bool IsFailure(Evidence evidence) => evidence.Value.StartsWith("fail:", StringComparison.Ordinal);
}
