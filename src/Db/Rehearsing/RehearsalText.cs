using Db.Backups;
using Db.Commands;
using Db.Console;
using Db.Tracing.Findings;

namespace Db.Rehearsing;

/// <summary>Says a rehearsal's result to people.</summary>
internal static class RehearsalText
{
    public static void Show(Report report, RehearsalResult result, string path)
    {
        report.Line(
            $"Rehearsed {result.Bundle} (SHA-256 {result.BundleSha256[..16]}…) on {result.Backup}, taken {result.BackupTaken:yyyy-MM-dd HH:mm} UTC of {result.Database}."
        );
        report.Line(
            $"  restored in {Seconds(result.RestoreSeconds)} into {result.ScratchServer}; run as {result.RunAs}; plan {result.PlanDigest}"
        );
        if (result.Migrations.Count > 0)
        {
            report.Line();
            report.Table(
                ["migration", "took", "locks others would wait for"],
                result.Migrations,
                m => [m.Id, Seconds(m.Seconds), string.Join('\n', m.Locks.Where(IsFelt).Select(LockText))],
                m =>
                    $"{m.Id}: {Seconds(m.Seconds)}"
                    + (m.Locks.Any(IsFelt) ? "; " + string.Join("; ", m.Locks.Where(IsFelt).Select(LockText)) : "")
            );
        }

        if (result.Tables.Count > 0)
        {
            report.Table(
                ["table", "before", "after"],
                result.Tables,
                t => [t.Table, Size(t.BytesBefore, "not there"), Size(t.BytesAfter, "gone")],
                t => $"{t.Table}: {Size(t.BytesBefore, "not there")} before, {Size(t.BytesAfter, "gone")} after"
            );
        }

        if (result.BytesBefore > 0)
        {
            report.Line(
                $"Disk: {Sizes.Of(result.BytesBefore)} before, {Sizes.Of(result.BytesAfter)} after, {Sizes.Of(result.LogBytes)} of log for replicas and archives."
            );
        }

        ShowPrevious(report, result.PreviousRelease);
        ShowRollback(report, result.Rollback);
        if (result.Removed.Count > 0)
        {
            report.Line("The release itself takes away what no way back brings back, only a backup:", "yellow");
            foreach (var removed in result.Removed)
            {
                report.Line("  " + removed, "yellow");
            }
        }

        foreach (var untried in result.PoliciesNotTried)
        {
            report.Line($"Rights not tried on the new schema: {untried}", "yellow");
        }

        foreach (var note in result.Notes)
        {
            report.Line(note);
        }

        if (result.SchemaDifferences.Count > 0)
        {
            DifferenceTable.Show(report, result.SchemaDifferences);
        }

        report.Line();
        foreach (var failure in result.Failures)
        {
            report.Line(failure, "red");
        }

        report.Line(
            result.Passed
                ? $"The release will take about {Seconds(result.ReleaseSeconds)} by this machine's measure, without anybody else at work; more where locks have to be waited for."
                : "Do not release this bundle: it did not pass its rehearsal.",
            result.Passed ? "green" : "red"
        );
        report.Line($"Written to {path}");
    }

    private static void ShowPrevious(Report report, RehearsedPrevious? previous)
    {
        if (previous is null)
        {
            return;
        }

        if (previous.Problem is { } problem)
        {
            report.Line($"Whether the release before works on the new schema could not be tried: {problem}", "yellow");
            return;
        }

        report.Line(
            $"The release before (the model of {previous.Model}) on the new schema, as {previous.Role ?? "the owner"}: "
                + $"{previous.Tried} statements tried, {(previous.Findings.Count == 0 ? "all work" : $"{previous.Findings.Count} no longer work as before")}."
        );
        // The dangers that nobody accepted stand among the failures.
        foreach (var finding in previous.Findings.Where(f => f.Severity != Severity.Danger || f.Accepted is not null))
        {
            report.Line(
                $"  {finding.Object}: {finding.What}{(finding.Accepted is { } why ? $" Accepted: {why}" : "")}",
                "yellow"
            );
        }

        foreach (var untried in previous.NotTried)
        {
            report.Line($"  {untried.Table} was not tried in full: {untried.Why}");
        }
    }

    private static void ShowRollback(Report report, RehearsedRollback? rollback)
    {
        if (rollback is null)
        {
            report.Line("The way back was not rehearsed.");
            return;
        }

        if (!rollback.Possible)
        {
            return;
        }

        report.Line(
            $"Back to {(rollback.Target == "0" ? "before the first migration" : rollback.Target)} in {Seconds(rollback.BackSeconds)}, forward again in "
                + $"{Seconds(rollback.ForwardSeconds)}; the schema was as before, and then as expected."
        );
        if (rollback.LosesData)
        {
            report.Line("Going back would delete, on a copy as it is right after the release:", "yellow");
            foreach (var loss in rollback.Losses)
            {
                report.Line("  " + loss, "yellow");
            }
        }
        else
        {
            report.Line("Going back right after the release deletes nothing.");
        }
    }

    private static bool IsFelt(SeenLock seen) => seen.Stops != "reading and writing go on";

    private static string LockText(SeenLock seen) =>
        $"{seen.Table}: {seen.Stops} for about {seen.Milliseconds} ms ({seen.Mode})";

    private static string Size(long? bytes, string none) => bytes is { } known ? Sizes.Of(known) : none;

    private static string Seconds(double seconds) => Sizes.Of(TimeSpan.FromSeconds(seconds));
}
