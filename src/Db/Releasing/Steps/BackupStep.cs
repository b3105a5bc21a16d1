using Db.Backups;

namespace Db.Releasing.Steps;

/// <summary>Backs the database up, so that the moment before the release can be had back.</summary>
internal sealed class BackupStep : IReleaseStep
{
    public const string Name = "backup";

    /// <summary>The evidence that names the backup's directory.</summary>
    public const string Where = "where";

    public string Id => Name;

    public string Title => "Back up";

    public StepPhase Phase => StepPhase.Before;

    public string Intention(ReleaseContext context) =>
        $"back up into {BackupStore.Of(context.Options.Backups).Directory}, with a restore point where allowed";

    public async Task<StepResult> RunAsync(ReleaseContext context, CancellationToken ct)
    {
        var result = await new BackupRun(
            context.Database,
            new BackupOptions
            {
                Store = BackupStore.Of(context.Options.Backups),
                StoreOption = "--backups",
                Release = context.Record.Id,
            },
            new Said(context)
        ).RunAsync(ct);
        foreach (var old in result.RemovedOld)
        {
            context.Say(ReleaseEventKind.Information, old.ToString());
        }

        var manifest = result.Manifest;
        return StepResult.Passed(
            $"{Sizes.Count(manifest.Rows)} rows in {manifest.Tables.Count} tables, {Sizes.Of(manifest.Bytes)}, in {Sizes.Of(manifest.Took)}",
            new Evidence(Where, result.Directory),
            new Evidence("digest", manifest.Digest),
            new Evidence("last migration", manifest.LastMigration ?? "none"),
            new Evidence(
                "position in the log",
                $"{manifest.Log.Position} at {manifest.Log.Time:yyyy-MM-dd HH:mm:ss.fff} UTC"
            ),
            new Evidence("restore point", manifest.Log.RestorePoint ?? $"none: {manifest.Log.NoRestorePoint}")
        );
    }

    private sealed class Said(ReleaseContext context) : IProgress<string>
    {
        public void Report(string value) => context.Say(ReleaseEventKind.Information, value);
    }
}
