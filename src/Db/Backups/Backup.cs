using System.Text.Json;
using MigrationSafety.Schema;

namespace Db.Backups;

/// <summary>A finished backup in its directory.</summary>
/// <param name="Directory">Its directory.</param>
/// <param name="Manifest">What it says of itself.</param>
internal sealed record Backup(string Directory, BackupManifest Manifest)
{
    public const string ManifestFile = "manifest.json";

    /// <summary>The schema as it was, in the form of Data.Migrations/schema.snapshot.</summary>
    public const string SchemaFile = "schema.snapshot";

    /// <summary>The result of the last restore drill.</summary>
    public const string DrillFile = "drill.json";

    /// <summary>The archive, as pg_dump's directory format: pg_restore reads it without this tool.</summary>
    public const string DataDirectory = "data";

    /// <summary>Its name: database and time.</summary>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Directory));

    public string Data => Path.Combine(Directory, DataDirectory);

    /// <summary>Where a backup lies.</summary>
    public static BackupStore Around(string directory) =>
        new(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)))!);

    /// <summary>Reads a backup's manifest.</summary>
    /// <exception cref="CouldNotRunException">The directory is no finished backup, or its manifest was changed.</exception>
    public static Backup Open(string directory)
    {
        directory = Path.GetFullPath(directory);
        if (!System.IO.Directory.Exists(directory))
        {
            throw new CouldNotRunException(
                $"There is no directory {directory}. List the backups with: {Around(directory).ToList}"
            );
        }

        var path = Path.Combine(directory, ManifestFile);
        if (BackupStore.IsPartial(directory))
        {
            throw new CouldNotRunException(
                $"{directory} was never finished: the backup was interrupted, and what is there is a part of the data. "
                    + $"It cannot be restored. List the finished ones with: {Around(directory).ToList}"
            );
        }

        if (!File.Exists(path))
        {
            throw new CouldNotRunException(
                File.Exists(Path.Combine(directory, "toc.dat"))
                    ? $"{directory} is an archive of pg_dump's own, not a backup of this tool: it has no {ManifestFile}, so nothing "
                        + "says whether it is whole. pg_restore restores it."
                    : $"{directory} is no backup: it has no {ManifestFile}. List the backups with: {Around(directory).ToList}"
            );
        }

        BackupManifest manifest;
        try
        {
            manifest = BackupJson.Read<BackupManifest>(File.ReadAllBytes(path));
        }
        catch (JsonException e)
        {
            throw new CouldNotRunException(
                $"{path} is damaged and cannot be read (line {e.LineNumber + 1}). This backup cannot be trusted; take another one."
            );
        }

        if (manifest.FormatVersion > BackupManifest.CurrentFormat)
        {
            throw new CouldNotRunException(
                $"{directory} was made by a newer version of this tool ({manifest.Tool}, format {manifest.FormatVersion}; "
                    + $"this one reads {BackupManifest.CurrentFormat}). Use that version."
            );
        }

        return manifest.Digest == BackupJson.DigestOf(manifest)
            ? new Backup(directory, manifest)
            : throw new CouldNotRunException(
                $"{path} was changed after the backup was made: its digest is not that of its content. "
                    + "This backup cannot be trusted; take another one."
            );
    }

    /// <summary>What is missing or has another size, without reading the files.</summary>
    public IReadOnlyList<string> MissingOrResized() =>
        [
            .. Manifest
                .Files.Select(file => (File: file, Info: new FileInfo(Path.Combine(Directory, file.Path))))
                .Where(pair => !pair.Info.Exists || pair.Info.Length != pair.File.Bytes)
                .Select(pair =>
                    pair.Info.Exists
                        ? $"{pair.File.Path} has {Sizes.Count(pair.Info.Length)} bytes instead of {Sizes.Count(pair.File.Bytes)}"
                        : $"{pair.File.Path} is missing"
                ),
        ];

    /// <summary>Reads every file and compares its checksum; says what is missing, changed or too much.</summary>
    public async Task<IReadOnlyList<string>> DamagesAsync(CancellationToken ct)
    {
        var damages = MissingOrResized().ToList();
        if (damages.Count == 0)
        {
            var changed = new System.Collections.Concurrent.ConcurrentBag<string>();
            await Parallel.ForEachAsync(
                Manifest.Files,
                ct,
                async (file, token) =>
                {
                    if (await FileChecksum.Sha256Async(Path.Combine(Directory, file.Path), token) != file.Sha256)
                    {
                        changed.Add($"{file.Path} was changed: its checksum is not the one that was written down");
                    }
                }
            );
            damages.AddRange(changed.Order(StringComparer.Ordinal));
        }

        var known = Manifest.Files.Select(file => file.Path).ToHashSet();
        damages.AddRange(
            FilesIn(Directory)
                .Where(path => path is not (ManifestFile or DrillFile) && !known.Contains(path))
                .Select(path => $"{path} does not belong to it")
        );
        return damages;
    }

    /// <exception cref="CouldNotRunException">It is damaged.</exception>
    public async Task CheckAsync(CancellationToken ct)
    {
        if (await DamagesAsync(ct) is { Count: > 0 } damages)
        {
            throw new CouldNotRunException(
                $"The backup {Directory} is damaged, and nothing was restored from it:{Environment.NewLine}  "
                    + string.Join(Environment.NewLine + "  ", damages.Take(10))
                    + (damages.Count > 10 ? $"{Environment.NewLine}  and {damages.Count - 10} more" : "")
                    + $"{Environment.NewLine}To do: restore an older one ({Around(Directory).ToList}), and take a new one now: {Around(Directory).ToMake}"
            );
        }
    }

    /// <summary>The schema as it was.</summary>
    public async Task<SchemaSnapshot> SchemaAsync(CancellationToken ct) =>
        SchemaSnapshot.Parse(await File.ReadAllTextAsync(Path.Combine(Directory, SchemaFile), ct));

    /// <summary>What the snapshot of its schema covers.</summary>
    public SchemaSnapshotOptions Scope => ScopeOf(Manifest.Schemas);

    /// <summary>What the snapshot of a backup's schema covers: everything in these schemas.</summary>
    public static SchemaSnapshotOptions ScopeOf(IReadOnlyList<string> schemas) =>
        new() { Schemas = schemas, DefaultPrivileges = true };

    /// <summary>The last drill's result; null where there was none or its record cannot be read.</summary>
    public DrillResult? Drill()
    {
        try
        {
            return
                BackupJson.Read<DrillResult>(File.ReadAllBytes(Path.Combine(Directory, DrillFile))) is var drill
                && drill.BackupDigest == Manifest.Digest
                ? drill
                : null;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Every file below a directory, relative to it, with slashes.</summary>
    internal static IEnumerable<string> FilesIn(string directory) =>
        System
            .IO.Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(directory, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);
}
