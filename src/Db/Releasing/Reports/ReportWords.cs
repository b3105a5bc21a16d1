using System.Globalization;
using Db.Releasing.Steps;

namespace Db.Releasing.Reports;

/// <summary>The words that every form of the report uses.</summary>
internal static class ReportWords
{
    public static string Headline(ReleaseRecord record) =>
        record.Outcome switch
        {
            ReleaseOutcome.Released => "Released" + WhatIsMissing(record) + WhatToLookAt(record),
            ReleaseOutcome.Refused => WhatToDo.Problems(record).Any(IsInterrupted)
                ? "Interrupted before the migration; nothing was changed"
                : "Not released: nothing was changed",
            ReleaseOutcome.RolledBack => "Failed, and rolled back",
            ReleaseOutcome.Interrupted => "Interrupted" + HowFar(record),
            ReleaseOutcome.Abandoned => "Abandoned",
            ReleaseOutcome.Failed => "Failed" + HowFar(record),
            _ => "Not ended",
        };

    /// <summary>What failed or was interrupted, a line a step: the first thing that whoever opens the report wants to know.</summary>
    public static IEnumerable<string> Failures(ReleaseRecord record) =>
        WhatToDo.Problems(record).Select(step => $"{step.Title}: {step.Result!.Summary.Split('\n')[0]}");

    /// <summary>What was left out, a line a step, with the reason: what nobody has proven of this release.</summary>
    public static IEnumerable<string> LeftOut(ReleaseRecord record) =>
        Unproven(record).Select(step => $"Not done: {step.Title}. {Capitalized(step.Result!.Summary)}");

    /// <summary>good, look or bad: the colour, and the word for those who see none.</summary>
    public static string Class(ReleaseRecord record) =>
        record.Outcome switch
        {
            ReleaseOutcome.Released => !Warned(record).Any() && !Unproven(record).Any() ? "good" : "look",
            ReleaseOutcome.Refused => "look",
            _ => "bad",
        };

    public static string Class(StepOutcome? outcome) =>
        outcome switch
        {
            StepOutcome.Passed => "good",
            StepOutcome.Warned => "look",
            StepOutcome.Skipped => "none",
            _ => "bad",
        };

    public static string Word(StepOutcome? outcome) =>
        outcome switch
        {
            StepOutcome.Passed => "passed",
            StepOutcome.Warned => "look at it",
            StepOutcome.Failed => "failed",
            StepOutcome.Skipped => "left out",
            _ => "interrupted",
        };

    public static IEnumerable<(string Name, string Value)> Facts(ReleaseRecord record)
    {
        yield return ("Database", record.Database);
        yield return ("Server", $"PostgreSQL {record.ServerVersion}");
        yield return ("Bundle", $"{record.Bundle} (SHA-256 {record.BundleDigest})");
        if (record.Plan is { } plan)
        {
            yield return ("Plan", plan);
        }

        yield return ("Migration before", record.Before ?? "none");
        yield return ("Migrations", record.Pending.Count == 0 ? "none was pending" : string.Join(", ", record.Pending));
        if (record.RunBy is { } who)
        {
            yield return ("Run by", who);
        }

        if (Backup(record) is { } backup)
        {
            yield return ("Backup of before", backup);
        }

        yield return ("Began", Time(record.Started));
        if (record.Finished is { } finished)
        {
            yield return ("Took", Duration(finished - record.Started));
        }

        var waits = record.Events.Count(e => e.Kind == ReleaseEventKind.Wait);
        yield return ("Waits and retries", waits.ToString(CultureInfo.InvariantCulture));
        if (record.Probe.Count > 0)
        {
            var longest = record.Probe.MaxBy(second => second.LongestMilliseconds)!;
            yield return (
                "Probe query",
                $"{record.Probe.Sum(s => s.Count)} times, longest {Milliseconds(longest.LongestMilliseconds)} at {longest.At.UtcDateTime:HH:mm:ss}, "
                    + $"{record.Probe.Sum(s => s.Errors)} failed"
            );
        }
    }

    /// <summary>Where the backup of this release is; null where it took none.</summary>
    public static string? Backup(ReleaseRecord record) =>
        record
            .LastSteps.LastOrDefault(step => step.Id == BackupStep.Name)
            ?.Result?.Evidence.FirstOrDefault(evidence => evidence.Name == BackupStep.Where)
            ?.Value;

    public static string Time(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    public static string Milliseconds(double value) =>
        value < 1000
            ? value.ToString(value < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + " ms"
            : (value / 1000).ToString("0.0", CultureInfo.InvariantCulture) + " s";

    public static string Duration(TimeSpan duration) =>
        duration.TotalMinutes < 1 ? duration.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s"
        : duration.TotalMinutes < 120 ? $"{(int)duration.TotalMinutes} min {duration.Seconds} s"
        : $"{(int)duration.TotalHours} h {duration.Minutes} min";

    private static string WhatIsMissing(ReleaseRecord record) =>
        Unproven(record).Select(step => step.Id).ToList() is { Count: > 0 } ids
            ? $", without {string.Join(", ", ids)}"
            : "";

    // A release that only waited for a lock and one that is migrated ask for other things: which it is comes first.
    private static string HowFar(ReleaseRecord record) =>
        record switch
        {
            { Applied: null } => "; what was changed is not known",
            { Applied: [], HalfDone: true } => " in the midst of a migration",
            { Applied: [] } => "; nothing was changed",
            _ when record.Applied.Count == record.Pending.Count => record.Pending.Count == 1
                ? " after its migration was applied"
                : $" after all {record.Pending.Count} migrations were applied",
            _ =>
                $" after {record.Applied.Count} of {record.Pending.Count} migrations {(record.Applied.Count == 1 ? "was" : "were")} applied"
                    + (record.HalfDone ? ", in the midst of another" : ""),
        };

    private static bool IsInterrupted(StepRecord step) => step.Result?.Outcome == StepOutcome.Interrupted;

    // Steps are counted, by name: a step's own line may count checks, which are others.
    private static string WhatToLookAt(ReleaseRecord record) =>
        Warned(record).Select(step => step.Title).ToList() is { Count: > 0 } titles
            ? $", with {titles.Count} {(titles.Count == 1 ? "step" : "steps")} to look at ({string.Join(", ", titles)})"
            : "";

    // The notice proves nothing, and without a watch there is nothing to compare with.
    private static IEnumerable<StepRecord> Unproven(ReleaseRecord record)
    {
        var skipped = record.LastSteps.Where(step => step.Result?.Outcome == StepOutcome.Skipped).ToList();
        return skipped.Where(step =>
            step.Id != NoticeStep.Name
            && (step.Id != BaselineStep.Name || skipped.All(other => other.Id != WatchStep.Name))
        );
    }

    private static string Capitalized(string text) =>
        text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    private static IEnumerable<StepRecord> Warned(ReleaseRecord record) =>
        record.LastSteps.Where(step => step.Result?.Outcome == StepOutcome.Warned);
}
