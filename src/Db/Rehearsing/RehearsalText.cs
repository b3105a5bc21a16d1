using Db.Backups;
using Db.Commands;
using Db.Console;

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

        ShowRollback(report, result.Rollback);
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
