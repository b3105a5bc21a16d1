using MigrationSafety.Arguments;

namespace Db.Preflight.Checks;

/// <summary>Back up: is there a backup that is not too old?</summary>
internal sealed class FreshBackupCheck : IPreflightCheck
{
    public string Id => "backup";

    public string Title => "Backed up";

    public Task<(PreflightOutcome Outcome, string Evidence, string? ToDo)> LookAsync(
        PreflightFacts facts,
        CancellationToken ct
    ) => Task.FromResult(Look(facts));

    private static (PreflightOutcome, string, string?) Look(PreflightFacts facts)
    {
        var most = facts.Context.Settings.BackupNotOlderThan;
        if (facts.Backups is not [var newest, ..])
        {
            return facts.Context.BackupFollows
                ? (PreflightOutcome.Ok, "none yet; the release takes one before it migrates", null)
                : (
                    PreflightOutcome.Fail,
                    $"no backup of this database in {facts.BackupFolder}{Damaged(facts)}",
                    facts.Backup
                );
        }

        var age = facts.Context.Now - newest.Manifest.Started;
        var evidence = $"{newest.Name}, {Age(age)} old; may be {Duration.Text(most)}";
        return age <= most ? (PreflightOutcome.Ok, evidence, null)
            : facts.Context.BackupFollows
                ? (PreflightOutcome.Ok, $"{evidence}; the release takes a new one before it migrates", null)
            : (PreflightOutcome.Fail, evidence, facts.Backup);
    }

    private static string Damaged(PreflightFacts facts) =>
        facts.Damaged is [var first, ..] ? $" that can be used: {first.Directory}: {first.Reason}" : "";

    internal static string Age(TimeSpan age) => age < TimeSpan.FromSeconds(1) ? "no time" : Duration.Text(age);
}

/// <summary>Back up: was it restored to see that it can be?</summary>
internal sealed class RestorableBackupCheck : IPreflightCheck
{
    // As long as backups are kept: one whose like was restored a week ago is not unknown.
    private static readonly TimeSpan _drillHolds = TimeSpan.FromDays(7);

    public string Id => "restorable";

    public string Title => "The backup can be restored";

    public Task<(PreflightOutcome Outcome, string Evidence, string? ToDo)> LookAsync(
        PreflightFacts facts,
        CancellationToken ct
    ) => Task.FromResult(Look(facts));

    private static (PreflightOutcome, string, string?) Look(PreflightFacts facts)
    {
        if (facts.Backups is not [var newest, ..])
        {
            return (PreflightOutcome.Fail, "there is none to restore", $"{facts.Backup} && {facts.Verify(null)}");
        }

        var last = newest.Drill();
        if (last is { Passed: true } drill)
        {
            return (
                PreflightOutcome.Ok,
                $"{newest.Name} was restored in {Duration.Text(TimeSpan.FromSeconds(drill.RestoreSeconds))}: {drill.Rows:N0} rows of {drill.Tables} tables, as they were counted",
                null
            );
        }

        if (last is { } failed)
        {
            return (
                PreflightOutcome.Fail,
                $"{newest.Name} could not be restored as it was: {failed.Failure ?? "rows or schema differ"}",
                $"{facts.Backup} && {facts.Verify(null)}"
            );
        }

        var other = facts
            .Backups.Select(backup => backup.Drill())
            .FirstOrDefault(drilled => drilled is { Passed: true } && facts.Context.Now - drilled.At < _drillHolds);
        return other is null
            ? (PreflightOutcome.Fail, $"{newest.Name} was never restored to see", facts.Verify(newest.Name))
            : (
                PreflightOutcome.Warn,
                $"{newest.Name} was not restored; {other.Backup} was, {FreshBackupCheck.Age(facts.Context.Now - other.At)} ago",
                facts.Verify(newest.Name)
            );
    }
}
