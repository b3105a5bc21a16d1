using Db.Commands;
using Db.Watching;
using MigrationSafety.Arguments;

namespace Db.Releasing.Steps;

/// <summary>Watches the database for some minutes, and holds them against the minutes before.</summary>
internal sealed class WatchStep : IReleaseStep
{
    public const string Name = "watch";

    public string Id => Name;

    public string Title => "Watch after";

    public StepPhase Phase => StepPhase.After;

    public static DatabaseWatch Of(ReleaseContext context) =>
        new($"{context.Database.Connection.Server}/{context.Database.Connection.Database}", context.Database.OpenAsync);

    public string Intention(ReleaseContext context) =>
        context.Options.Watch == TimeSpan.Zero
            ? "nothing: --watch is 0"
            : $"watch the database for {Duration.Text(context.Options.Watch)}: errors, deadlocks, waits, slow statements, replication";

    public async Task<StepResult> RunAsync(ReleaseContext context, CancellationToken ct)
    {
        if (context.Options.Watch == TimeSpan.Zero)
        {
            return StepResult.Skipped("--watch is 0");
        }

        // The steps before rolled a lot back, on purpose: a session hands in its counters at the latest when it ends.
        Npgsql.NpgsqlConnection.ClearAllPools();
        await Task.Delay(TimeSpan.FromSeconds(1), ct);
        var before = File.Exists(BaselineStep.File(context))
            ? await WatchedPeriod.LoadAsync(BaselineStep.File(context), ct)
            : null;
        var now = await Of(context)
            .RunAsync(context.Options.Watch, text => context.Say(ReleaseEventKind.Information, text), ct);
        var result = WatchComparison.Compare(before, now);
        IReadOnlyList<Evidence> evidence =
        [
            .. result.Findings.Select(finding => new Evidence(
                finding.Name,
                $"{finding.Verdict.ToString().ToLowerInvariant()}: {finding.Now}{(finding.Before is null ? "" : $", before {finding.Before}")} ({finding.Rule})"
            )
            {
                IsInOrder = finding.Verdict != WatchVerdict.Worse,
            }),
        ];
        var worse = result.Findings.Where(f => f.Verdict == WatchVerdict.Worse).Select(f => f.Name).ToList();
        return worse.Count == 0
            ? StepResult.Passed(
                result.Verdict == WatchVerdict.Better ? "better than before" : "the same as before",
                evidence
            )
            : new StepResult(
                StepOutcome.Warned,
                $"worse than before: {string.Join(", ", worse)}",
                evidence,
                $"look at the figures: if it is the release, go back by the command below; if it is the traffic, watch on: {ToolCommand.OnDatabase(["watch"])}"
            );
    }
}
