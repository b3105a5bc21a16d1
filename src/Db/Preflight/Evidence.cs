using System.Text.Json;

namespace Db.Preflight;

/// <summary>What a backup's own files say of it: <c>manifest.json</c>, and <c>drill.json</c> where it was restored to see.</summary>
/// <param name="Name">Its directory's name.</param>
/// <param name="Database">Of which database.</param>
/// <param name="Server">On which server.</param>
/// <param name="SystemIdentifier">The cluster's own number; null where the server did not tell.</param>
/// <param name="Started">The moment that it holds.</param>
/// <param name="LastMigration">The last migration that was applied then.</param>
/// <param name="Drill">What the restore drill found; null where there was none of this very backup.</param>
internal sealed record BackupEvidence(
    string Name,
    string Database,
    string Server,
    string? SystemIdentifier,
    DateTimeOffset Started,
    string? LastMigration,
    DrillEvidence? Drill
)
{
    /// <summary>Every finished backup below a folder, newest first. What cannot be read is none.</summary>
    public static IReadOnlyList<BackupEvidence> ReadAll(string folder) =>
        Directory.Exists(folder)
            ?
            [
                .. Directory
                    .EnumerateDirectories(folder)
                    // One that was never finished, or is being removed.
                    .Where(directory => !directory.EndsWith(".partial", StringComparison.Ordinal))
                    .Select(Read)
                    .OfType<BackupEvidence>()
                    .OrderByDescending(backup => backup.Started),
            ]
            : [];

    private static BackupEvidence? Read(string directory)
    {
        if (
            EvidenceFile.Read<Manifest>(Path.Combine(directory, "manifest.json"))
            is not { Database: { } database, Started: { } started } manifest
        )
        {
            return null;
        }

        var drill = EvidenceFile.Read<DrillEvidence>(Path.Combine(directory, "drill.json"));
        return new BackupEvidence(
            Path.GetFileName(directory),
            database,
            manifest.Server ?? "",
            manifest.SystemIdentifier,
            started,
            manifest.LastMigration,
            drill is not null && drill.BackupDigest == manifest.Digest ? drill : null
        );
    }

    private sealed record Manifest(
        string? Database,
        string? Server,
        string? SystemIdentifier,
        DateTimeOffset? Started,
        string? LastMigration,
        string? Digest
    );
}

/// <summary>What a restore drill found.</summary>
internal sealed record DrillEvidence(
    bool Passed,
    string? BackupDigest,
    DateTimeOffset At,
    string? Failure,
    int Tables,
    long Rows,
    double RestoreSeconds
);

/// <summary>What a rehearsal found.</summary>
internal sealed record RehearsalEvidence(
    bool Passed,
    IReadOnlyList<string>? Failures,
    DateTimeOffset At,
    string? BundleSha256,
    string? PlanDigest,
    string? Backup,
    DateTimeOffset? BackupTaken,
    double ReleaseSeconds,
    RollbackEvidence? Rollback
);

/// <summary>What a rehearsal of the way back found.</summary>
internal sealed record RollbackEvidence(
    string? Target,
    bool Possible,
    bool LosesData,
    IReadOnlyList<string>? Losses,
    double BackSeconds,
    string? Failure
);

/// <summary>Reads what other commands have written, without minding what they have added since.</summary>
internal static class EvidenceFile
{
    public static T? Read<T>(string file)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(file), JsonSerializerOptions.Web);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
