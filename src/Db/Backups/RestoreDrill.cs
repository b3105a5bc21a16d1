using System.Diagnostics;
using MigrationSafety.Schema;

namespace Db.Backups;

/// <summary>What a restore drill found; written beside the manifest as <c>drill.json</c>.</summary>
internal sealed record DrillResult
{
    /// <summary>The backup's directory name.</summary>
    public required string Backup { get; init; }

    /// <summary>The digest of the backup's manifest.</summary>
    public required string BackupDigest { get; init; }

    /// <summary>When it was begun, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Every file is as it was written, it was restored, and rows and schema are those that were backed up.</summary>
    public required bool Passed { get; init; }

    /// <summary>Why it could not be restored; null where it could.</summary>
    public string? Failure { get; init; }

    /// <summary>Into what it was restored.</summary>
    public string? Server { get; init; }

    /// <summary>How many tables were compared.</summary>
    public int Tables { get; init; }

    /// <summary>How many rows they hold.</summary>
    public long Rows { get; init; }

    /// <summary>Reading the checksums.</summary>
    public double CheckSeconds { get; init; }

    /// <summary>pg_restore, into a server that does not wait for its disk.</summary>
    public double RestoreSeconds { get; init; }

    /// <summary>Counting the rows and reading the schema.</summary>
    public double CompareSeconds { get; init; }

    /// <summary>Tables with other rows than were counted.</summary>
    public IReadOnlyList<RowDifference> RowDifferences { get; init; } = [];

    /// <summary>What of the schema differs.</summary>
    public IReadOnlyList<SchemaDifference> SchemaDifferences { get; init; } = [];

    /// <summary>What could not be restored as it was.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>Proves that a backup can be restored, by restoring it.</summary>
internal static class RestoreDrill
{
    /// <summary>Restores a backup into a scratch server, compares, and writes the result down beside it.</summary>
    /// <exception cref="CouldNotRunException">This machine cannot hold a drill: that says nothing about the backup.</exception>
    public static async Task<DrillResult> RunAsync(
        Backup backup,
        ScratchOptions options,
        IProgress<string>? progress,
        CancellationToken ct
    )
    {
        var result = await MeasureAsync(backup, options, progress, ct);
        OwnerOnly.WriteFile(Path.Combine(backup.Directory, Backup.DrillFile), BackupJson.Write(result));
        return result;
    }

    private static async Task<DrillResult> MeasureAsync(
        Backup backup,
        ScratchOptions options,
        IProgress<string>? progress,
        CancellationToken ct
    )
    {
        var clock = Stopwatch.StartNew();
        var drill = new DrillResult
        {
            Backup = backup.Name,
            BackupDigest = backup.Manifest.Digest,
            At = DateTimeOffset.UtcNow,
            Passed = false,
            Tables = backup.Manifest.Tables.Count,
            Rows = backup.Manifest.Rows,
        };
        var damages = await backup.DamagesAsync(ct);
        drill = drill with { CheckSeconds = clock.Elapsed.TotalSeconds };
        if (damages.Count > 0)
        {
            return drill with { Failure = "It is damaged: " + string.Join("; ", damages) };
        }

        ScratchDatabase scratch;
        try
        {
            scratch = await ScratchDatabase.RestoreAsync(backup, options, progress, ct);
        }
        catch (ArchiveException e)
        {
            return drill with { Failure = e.Message };
        }

        await using (scratch)
        {
            progress?.Report($"Restored in {Sizes.Of(scratch.RestoreTime)}; counting rows and comparing the schema.");
            clock.Restart();
            var contents = await RestoredContents.CompareAsync(backup, scratch.ConnectionString, options.Jobs, ct);
            return drill with
            {
                Passed = contents.AsBackedUp,
                Server = scratch.Server,
                RestoreSeconds = scratch.RestoreTime.TotalSeconds,
                CompareSeconds = clock.Elapsed.TotalSeconds,
                RowDifferences = contents.Rows,
                SchemaDifferences = contents.Schema,
                Notes = scratch.Notes,
            };
        }
    }
}
