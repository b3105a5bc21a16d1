using System.CommandLine;
using Db.Console;
using Db.Databases;
using Db.Watching;

namespace Db.Commands;

/// <summary><c>db watch</c>: is the database better, the same or worse than in the minutes before?</summary>
internal static class WatchCommand
{
    public static Command Create()
    {
        var connection = ConnectionOption.Create();
        var duration = new Option<string>("--for")
        {
            Description = "How long to watch: 30s, 5m, 1h. 5m where not given.",
            HelpName = "time",
            DefaultValueFactory = _ => "5m",
        };
        var baseline = new Option<string?>("--baseline")
        {
            Description = "Compare with this file, saved before the release. Without it fixed limits hold.",
            HelpName = "file",
        };
        var save = new Option<string?>("--save-baseline")
        {
            Description = "Save what was seen into this file, to compare with after the release.",
            HelpName = "file",
        };
        var command = new DocumentedCommand(
            "watch",
            "Watch rollbacks, deadlocks, ended sessions, lock waits, slow statements, invalid indexes and replication lag.",
            """
            It looks once a second, at statistics only. Each figure is shown with the rule by which it is better, the same or
            worse than before; docs/watching.md explains them. Exit code 1 where anything is worse.

            Examples:
              db watch --for 5m --save-baseline before.json
              db watch --for 5m --baseline before.json
            """
        )
        {
            connection,
            duration,
            baseline,
            save,
        };
        command.SetAction(
            (parsed, ct) =>
                RunAsync(
                    CommandLine.ReportOf(parsed),
                    parsed.GetValue(connection),
                    DurationText.Parse("--for", parsed.GetValue(duration)!),
                    parsed.GetValue(baseline),
                    parsed.GetValue(save),
                    ct
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        Report report,
        string? typed,
        TimeSpan duration,
        string? baseline,
        string? save,
        CancellationToken ct
    )
    {
        var before = baseline is null ? null : await WatchedPeriod.LoadAsync(baseline, ct);
        var database = await NamedDatabase.FindAsync(typed, ct);
        var name = $"{database.Connection.Server}/{database.Connection.Database}";
        // A server that is not there to begin with is an error; one that goes away while it is watched is a finding.
        await (await database.OpenAsync(ct)).DisposeAsync();
        if (before is not null && before.Database != name)
        {
            report.Error(
                $"{baseline} was saved at {before.Database}, and this is {name}: they may have little in common."
            );
        }

        var watch = new DatabaseWatch(name, database.OpenAsync);
        var now = await watch.RunAsync(duration, report.Progress, ct);
        if (save is not null)
        {
            await now.SaveAsync(save, ct);
        }

        var result = WatchComparison.Compare(before, now);
        Show(report, result);
        if (save is not null)
        {
            report.Line($"Saved in {save}. After the release: {ToolCommand.OnDatabase(["watch", "--baseline", save])}");
        }

        report.Json(
            new
            {
                result.Verdict,
                result.Findings,
                result.Now,
                result.Before,
                watch.Looks,
            }
        );
        return result.Verdict == WatchVerdict.Worse ? ExitCode.DiffersOrRefused : ExitCode.AsExpected;
    }

    /// <summary>Shows each thing that was watched, and one line that sums them up.</summary>
    public static void Show(Report report, WatchReport result)
    {
        report.Table(
            ["", "before", "now", "", "rule"],
            result.Findings,
            f => [f.Name, f.Before ?? "", f.Now, Word(f), f.Rule],
            f => $"{Word(f)}: {f.Name}: {f.Now}{(f.Before is null ? "" : $"; before {f.Before}")} ({f.Rule})"
        );
        if (result.Now.NotSeen is not null)
        {
            report.Line(result.Now.NotSeen, "yellow");
        }

        var worse = string.Join(", ", result.Findings.Where(f => f.Verdict == WatchVerdict.Worse).Select(f => f.Name));
        var against = result.Before is null
            ? "by fixed limits, since there is no baseline"
            : $"compared with {MigrationSafety.Arguments.Duration.Text(TimeSpan.FromSeconds(result.Before.Seconds))} from {result.Before.From:yyyy-MM-dd HH:mm} UTC";
        report.Line(
            result.Verdict switch
            {
                WatchVerdict.Worse => $"Worse, {against}: {worse}.",
                WatchVerdict.Better => $"Better, {against}.",
                _ => $"{(result.Before is null ? "Nothing stands out" : "The same")}, {against}.",
            },
            result.Verdict == WatchVerdict.Worse ? "red" : "green"
        );
    }

    private static string Word(WatchFinding finding) =>
        finding is { Before: null, Verdict: WatchVerdict.Same } ? "ok" : finding.Verdict.ToString().ToLowerInvariant();
}
