using Db.Commands;
using Db.Rehearsing;
using MigrationSafety.Arguments;

namespace Db.Preflight.Checks;

/// <summary>Test on staging: was this very bundle run on a copy of production?</summary>
internal sealed class RehearsedCheck : IPreflightCheck
{
    public string Id => "rehearsed";

    public string Title => "Rehearsed with this very bundle";

    public Task<(PreflightOutcome Outcome, string Evidence, string? ToDo)> LookAsync(
        PreflightFacts facts,
        CancellationToken ct
    ) => Task.FromResult(Look(facts));

    private static (PreflightOutcome, string, string?) Look(PreflightFacts facts)
    {
        var rehearse = facts.Rehearse;
        if (facts.Rehearsal is not { } rehearsal)
        {
            return (PreflightOutcome.Fail, $"no rehearsal in {facts.RehearsalFile}", rehearse);
        }

        if (facts.RehearsalOfThis is null)
        {
            return (
                PreflightOutcome.Fail,
                $"another bundle was rehearsed: SHA-256 {Short(rehearsal.BundleSha256)}; this one is {Short(facts.Context.Bundle.Digest)}",
                rehearse
            );
        }

        var when = $"{FreshBackupCheck.Age(facts.Context.Now - rehearsal.At)} ago on {rehearsal.Backup}";
        if (!rehearsal.Passed)
        {
            return (
                PreflightOutcome.Fail,
                $"the rehearsal {when} failed:{Listed.Of(rehearsal.Failures.Select(failure => failure.Split('\n')[0]))}\nAll of it: {facts.RehearsalFile}",
                $"mend it, build the bundle again, then: {rehearse}"
            );
        }

        var took =
            $"rehearsed {when}; {Duration.Text(TimeSpan.FromSeconds(rehearsal.ReleaseSeconds))} from start to end there"
            + Previous(rehearsal.PreviousRelease);
        return facts.Plan is { } plan && rehearsal.PlanDigest is not null && rehearsal.PlanDigest != plan.Digest
                ? (
                    PreflightOutcome.Warn,
                    $"{took}; but the plan there was {rehearsal.PlanDigest}, and here it is {plan.Digest}: other migrations are applied here",
                    $"{facts.Backup} && {rehearse}"
                )
            : rehearsal.PoliciesNotTried is [var untried, ..]
                ? (
                    PreflightOutcome.Warn,
                    $"{took}; but not everybody's rights could be tried on the new schema: {untried}",
                    "look at the policies of that table yourself: the release cannot prove them either"
                )
            : rehearsal.PreviousRelease is { Problem: null, Findings.Count: > 0 }
                ? (
                    PreflightOutcome.Warn,
                    took,
                    "deploy the new release right behind the migrations, and know what fails until then"
                )
            : (PreflightOutcome.Ok, took, null);
    }

    private static string Previous(RehearsedPrevious? previous) =>
        previous switch
        {
            null => "",
            { Problem: { } why } => $"; the release before was not tried on the new schema: {why}",
            { Findings: [] } => $"; the release before works on the new schema ({previous.Tried} statements tried)",
            _ =>
                $"; the release before: {string.Join(" ", previous.Findings.Select(finding => finding.Accepted is { } why ? $"{finding.What} Accepted: {why.TrimEnd('.')}." : finding.What)).TrimEnd('.')}",
        };

    private static string Short(string? digest) =>
        digest is { Length: > 12 } ? digest[..12] + "…" : digest ?? "unknown";
}

/// <summary>Plan the rollback: is there a way back, and what would be lost on it?</summary>
internal sealed class WayBackCheck : IPreflightCheck
{
    public string Id => "way-back";

    public string Title => "There is a way back";

    public Task<(PreflightOutcome Outcome, string Evidence, string? ToDo)> LookAsync(
        PreflightFacts facts,
        CancellationToken ct
    ) => Task.FromResult(Look(facts));

    private static (PreflightOutcome, string, string?) Look(PreflightFacts facts)
    {
        var byBackup = $"The way back is the backup: {ToolCommand.Of(["restore", "--help"])}";
        if (facts.Plan is { Migrations.Count: 0 })
        {
            return (PreflightOutcome.Ok, "nothing is pending, so there is nothing to go back from", null);
        }

        return facts.RehearsalOfThis?.Rollback switch
        {
            null => (
                PreflightOutcome.Warn,
                "not known: the way back was not rehearsed with this bundle",
                facts.Rehearse
            ),
            { Possible: false } back => (
                PreflightOutcome.Warn,
                $"the migrations cannot be taken back: {(back.Failure ?? "their Down failed").Split('\n')[0].TrimEnd('.')}",
                byBackup
            ),
            { LosesData: true } back => (
                PreflightOutcome.Warn,
                $"back to {back.Target}, and on the copy this would have been lost: {string.Join("; ", back.Losses)}",
                byBackup
            ),
            var back when facts.Plan is { Removed: { Count: > 0 } removed } => (
                PreflightOutcome.Warn,
                $"back to {back.Target} in {Duration.Text(TimeSpan.FromSeconds(back.BackSeconds))}, but what the release itself removes does not "
                    + $"come back with it: {string.Join("; ", removed)}",
                byBackup
            ),
            var back => (
                PreflightOutcome.Ok,
                $"back to {back.Target} in {Duration.Text(TimeSpan.FromSeconds(back.BackSeconds))}; nothing was lost by it on the copy",
                null
            ),
        };
    }
}
