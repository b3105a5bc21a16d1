using Db.Preflight;

namespace Db.Releasing.Steps;

/// <summary>Asks whether everything is ready, and changes nothing.</summary>
internal sealed class PreflightStep : IReleaseStep
{
    public string Id => "preflight";

    public string Title => "Preflight";

    public StepPhase Phase => StepPhase.Before;

    public string Intention(ReleaseContext context) =>
        $"check {string.Join(", ", PreflightRun.Checks.Select(check => check.Id))}";

    public async Task<StepResult> RunAsync(ReleaseContext context, CancellationToken ct)
    {
        var options = context.Options;
        await using var connection = await context.Database.OpenAsync(ct);
        var report = await PreflightRun.RunAsync(
            new PreflightContext
            {
                Database = context.Database,
                Connection = connection,
                Bundle = context.Bundle,
                Plan = context.Plan,
                Settings = options.Folder is { } folder
                    ? ReleaseSettings.Read(folder.Settings)
                    : ReleaseSettings.Default,
                Backups = options.Backups,
                Rehearsal = options.Rehearsal,
                ReviewedPlan = options.ReviewedPlan,
                ReviewedBy = options.ReviewedBy,
                OutsideWindow = options.OutsideWindow,
                BackupFollows = !options.Without.ContainsKey("backup"),
                Accepted = options.Accepted,
                Without = options.Without,
                CriticalQueries = options.CriticalQueries,
                RailsArguments = options.RailsArguments,
            },
            text => context.Say(ReleaseEventKind.Information, text),
            ct
        );
        IReadOnlyList<Evidence> evidence =
        [
            .. report.Checks.Select(check => new Evidence(
                check.Title,
                $"{Word(check.Outcome)}: {check.Evidence}{(check.ToDo is null ? "" : $"{(check.Evidence.Contains('\n') ? "\n" : ". ")}To do: {check.ToDo}")}"
            )
            {
                IsInOrder = check.Outcome == PreflightOutcome.Ok,
            }),
        ];
        var look = report.Checks.Count(check => check.Outcome == PreflightOutcome.Warn);
        return !report.MayBegin
                ? StepResult.Failed(
                    $"not ready: {string.Join(", ", report.Failed.Select(check => check.Id))}",
                    "what each of them says; or accept one with a reason: --accept check=\"reason\"",
                    evidence
                )
            : look > 0
                ? new StepResult(
                    StepOutcome.Warned,
                    $"ready, with {look} of {report.Checks.Count} checks to look at",
                    evidence
                )
            : StepResult.Passed($"{report.Checks.Count} checks, all hold", evidence);
    }

    private static string Word(PreflightOutcome outcome) => outcome.ToString().ToLowerInvariant();
}
