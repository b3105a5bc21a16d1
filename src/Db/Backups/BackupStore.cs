using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Db.Commands;
using LocalPostgres.Choosing;

namespace Db.Backups;

/// <summary>A directory of backups.</summary>
/// <param name="Directory">Where they lie.</param>
internal sealed record BackupStore(string Directory)
{
    /// <summary>The variable that names the directory where --to does not.</summary>
    public const string Variable = "DB_BACKUPS";

    private const string PartialSuffix = ".partial";
    private const string MarkFile = "made-by";

    /// <summary>The directory that was named, or that of this checkout, which git does not track.</summary>
    /// <param name="given">What was given as an option.</param>
    public static BackupStore Of(string? given) =>
        new(
            Path.GetFullPath(
                given
                    ?? (
                        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
                            ? named
                            : Path.Combine(
                                Checkout.Above(Environment.CurrentDirectory)?.Directory ?? Environment.CurrentDirectory,
                                "artifacts",
                                "backups"
                            )
                    )
            )
        );

    /// <summary>A command that makes a backup here.</summary>
    public string ToMake => ToolCommand.Of(["backup", "--to", Directory]);

    /// <summary>A command that shows what is here.</summary>
    public string ToList => ToolCommand.Of(["backup", "list", "--in", Directory]);

    /// <summary>A command that tries the newest backup here.</summary>
    public string ToVerify => ToolCommand.Of(["backup", "verify", "--in", Directory]);

    public static bool IsPartial(string directory) =>
        Path.TrimEndingDirectorySeparator(directory).EndsWith(PartialSuffix, StringComparison.Ordinal);

    /// <summary>The finished backups, newest first, and the directories that cannot be read as one, each with the reason.</summary>
    public BackupList List()
    {
        var backups = new List<Backup>();
        var damaged = new List<DamagedBackup>();
        foreach (var directory in Directories().Where(directory => !IsPartial(directory) && IsOurs(directory)))
        {
            var (backup, damage) = Look(directory);
            if (backup is not null)
            {
                backups.Add(backup);
            }
            else
            {
                damaged.Add(damage!);
            }
        }

        return new BackupList([.. backups.OrderByDescending(backup => backup.Manifest.Started)], damaged, Leftovers());
    }

    /// <summary>Looks whether a directory is a backup that is whole, by its manifest and its sizes.</summary>
    public static (Backup? Backup, DamagedBackup? Damage) Look(string directory)
    {
        if (!File.Exists(Path.Combine(directory, Backup.ManifestFile)))
        {
            return (
                null,
                new(
                    directory,
                    $"{Backup.ManifestFile} is missing, so nothing says what it holds and whether it is whole. "
                        + $"What is in it can be seen with: pg_restore --list {ToolCommand.Quoted(Path.Combine(directory, Backup.DataDirectory))}"
                )
            );
        }

        try
        {
            var backup = Backup.Open(directory);
            return backup.MissingOrResized() is [var first, ..] all
                ? (
                    null,
                    new(backup.Directory, first + (all.Count > 1 ? $", and {all.Count - 1} more" : ""))
                    {
                        Backup = backup,
                    }
                )
                : (backup, null);
        }
        catch (Exception e) when (e is CouldNotRunException or IOException or UnauthorizedAccessException)
        {
            return (null, new(directory, e.Message));
        }
    }

    /// <summary>Whether a directory was a backup of this tool's once. Somebody else's is none of ours to judge.</summary>
    public static bool IsOurs(string directory) =>
        File.Exists(Path.Combine(directory, Backup.ManifestFile))
        || DamagedBackup.TimeIn(directory) is not null
        || File.Exists(Path.Combine(directory, Backup.DataDirectory, "toc.dat"));

    /// <summary>The newest finished backup that is whole by its sizes and did not fail its drill; null where there is none.</summary>
    /// <param name="of">Of the database with this identity alone.</param>
    public Backup? Newest(Func<BackupManifest, bool>? of = null) =>
        List().Backups.FirstOrDefault(backup => IsGood(backup) && (of is null || of(backup.Manifest)));

    /// <summary>As <see cref="Newest"/>, where nobody has said of which database: there may be only one.</summary>
    /// <param name="option">How to say which backup is meant: <c>--backup</c>.</param>
    /// <exception cref="CouldNotRunException">There is no good one, or they are of several databases.</exception>
    public Backup NewestOfOne(string option)
    {
        var (all, damaged, _) = List();
        var databases = all.Select(backup => $"{backup.Manifest.Database} at {backup.Manifest.Server}")
            .Distinct()
            .ToList();
        return all.Count == 0 && damaged.Count > 0
                ? throw new CouldNotRunException(
                    $"Every backup in {Directory} is damaged: {string.Join("; ", damaged.Select(d => $"{d.Directory}: {d.Reason}"))} Make a new one: {ToMake}"
                )
            : all.Count == 0
                ? throw new CouldNotRunException(
                    $"There is no backup in {Directory}. Make one: {ToMake}; or name one: {option} DIRECTORY"
                )
            : databases.Count > 1
                ? throw new CouldNotRunException(
                    $"{Directory} holds backups of several databases ({string.Join(", ", databases)}). Say which: {option} NAME"
                )
            : Newest()
                ?? throw new CouldNotRunException(
                    $"Every backup in {Directory} failed its restore drill. Make a new one: {ToMake}"
                );
    }

    /// <summary>Finds a backup by its directory or by its name in this store.</summary>
    /// <exception cref="CouldNotRunException">There is none, or it is none.</exception>
    public Backup Find(string nameOrDirectory) => Backup.Open(Locate(nameOrDirectory));

    /// <summary>Where that backup lies, if it does.</summary>
    public string Locate(string nameOrDirectory) =>
        !System.IO.Directory.Exists(nameOrDirectory)
        && System.IO.Directory.Exists(Path.Combine(Directory, nameOrDirectory))
            ? Path.Combine(Directory, nameOrDirectory)
            : Path.GetFullPath(nameOrDirectory);

    /// <summary>Begins a backup: its directory says until its end that it is a part of one.</summary>
    public (string Partial, string Final) Begin(string database, DateTimeOffset started)
    {
        if (!System.IO.Directory.Exists(Directory))
        {
            OwnerOnly.CreateDirectory(Directory);
        }

        var safe = string.Concat(database.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '_'));
        var name = $"{safe}-{started:yyyyMMdd'T'HHmmss'Z'}";
        for (var number = 1; ; number++)
        {
            var final = Path.Combine(Directory, number == 1 ? name : $"{name}-{number}");
            if (!System.IO.Directory.Exists(final) && !System.IO.Directory.Exists(final + PartialSuffix))
            {
                OwnerOnly.CreateDirectory(final + PartialSuffix);
                Mark(final + PartialSuffix, ProcessMark.OfThisProcess.ToString());
                return (final + PartialSuffix, final);
            }
        }
    }

    /// <summary>Writes down a process that writes into the directory.</summary>
    public static void Mark(string partial, string process) =>
        File.AppendAllText(Path.Combine(partial, MarkFile), process + "\n");

    /// <summary>Gives a backup its final name. From then on it is one.</summary>
    public static void Finish(string partial, string final)
    {
        File.Delete(Path.Combine(partial, MarkFile));
        OwnerOnly.SyncDirectory(partial);
        System.IO.Directory.Move(partial, final);
        OwnerOnly.SyncDirectory(Path.GetDirectoryName(final)!);
    }

    /// <summary>What interrupted backups have left.</summary>
    public IReadOnlyList<Leftover> Leftovers() =>
        [
            .. Directories()
                .Where(IsPartial)
                .Select(directory => new Leftover(directory, StateOf(directory)))
                .OrderBy(leftover => leftover.Directory, StringComparer.Ordinal),
        ];

    /// <summary>Removes what interrupted backups have left, where all of their processes are gone.</summary>
    /// <returns>What was removed.</returns>
    public IReadOnlyList<string> RemoveLeftovers()
    {
        var removed = new List<string>();
        foreach (var leftover in Leftovers().Where(leftover => leftover.State == LeftoverState.Interrupted))
        {
            System.IO.Directory.Delete(leftover.Directory, recursive: true);
            removed.Add(leftover.Directory);
        }

        return removed;
    }

    /// <summary>Removes the backups of a database that are not to be kept any longer.</summary>
    /// <param name="of">A backup of the database.</param>
    /// <param name="days">Of how many days one is kept.</param>
    /// <returns>What was removed.</returns>
    public IReadOnlyList<RemovedBackup> RemoveOld(BackupManifest of, int days)
    {
        var old = new Retention(days, DateTimeOffset.UtcNow).Superfluous(
            [.. List().Backups.Where(backup => backup.Manifest.IsOfTheSameDatabase(of))],
            backup => new Retained(
                backup.Manifest.Started,
                string.Join('\n', backup.Manifest.Migrations),
                backup.Manifest.Release is not null,
                IsGood(backup),
                backup.Drill() is { Passed: true }
            )
        );
        foreach (var (backup, _, _) in old)
        {
            // A directory that is half removed must not look like a backup.
            var going = backup.Directory + PartialSuffix;
            System.IO.Directory.Move(backup.Directory, going);
            System.IO.Directory.Delete(going, recursive: true);
        }

        return
        [
            .. old.Select(gone => new RemovedBackup(
                gone.Backup.Directory,
                gone.Reason switch
                {
                    SuperfluousReason.NewerOfItsDay =>
                        $"{gone.Newer!.Name} is newer, of the same day and after the same migrations",
                    SuperfluousReason.Failed => "it failed its restore drill, and good ones are newer",
                    _ => days == 1
                        ? "there is a good one of a later day, and one day is kept"
                        : $"there are good ones of {days} later days, and {days} days are kept",
                }
            )),
        ];
    }

    private static bool IsGood(Backup backup) => backup.Drill() is null or { Passed: true };

    private static LeftoverState StateOf(string directory)
    {
        try
        {
            var marks = File.ReadLines(Path.Combine(directory, MarkFile))
                .Select(ProcessMark.Parse)
                .OfType<ProcessMark>();
            return marks.All(mark => mark.HasGone) ? LeftoverState.Interrupted
                : marks.Any(mark => mark.Machine != Environment.MachineName) ? LeftoverState.OfAnotherMachine
                : LeftoverState.InProgress;
        }
        catch (IOException)
        {
            return LeftoverState.Interrupted;
        }
    }

    private IEnumerable<string> Directories() =>
        System.IO.Directory.Exists(Directory) ? System.IO.Directory.EnumerateDirectories(Directory) : [];
}

/// <summary>What lies in a store.</summary>
/// <param name="Backups">Finished ones, newest first.</param>
/// <param name="Damaged">Those that say they are one and are not.</param>
/// <param name="Leftovers">Unfinished ones.</param>
internal sealed record BackupList(
    IReadOnlyList<Backup> Backups,
    IReadOnlyList<DamagedBackup> Damaged,
    IReadOnlyList<Leftover> Leftovers
);

/// <summary>A directory that cannot be used.</summary>
/// <param name="Directory">Where.</param>
/// <param name="Reason">Why.</param>
internal sealed partial record DamagedBackup(string Directory, string Reason)
{
    /// <summary>What it says of itself; null where that cannot be read.</summary>
    [JsonIgnore]
    public Backup? Backup { get; init; }

    /// <summary>When it was made, as far as that can be told.</summary>
    [JsonIgnore]
    public DateTimeOffset? Started => Backup?.Manifest.Started ?? TimeIn(Directory);

    /// <summary>The time in the name that a backup was given; null where there is none.</summary>
    public static DateTimeOffset? TimeIn(string directory) =>
        TimeText().Match(Path.GetFileName(Path.TrimEndingDirectorySeparator(directory))) is { Success: true } match
        && DateTimeOffset.TryParseExact(
            match.Groups[1].Value,
            "yyyyMMdd'T'HHmmss'Z'",
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var time
        )
            ? time
            : null;

    [GeneratedRegex("-([0-9]{8}T[0-9]{6}Z)(?:-[0-9]+)?$")]
    private static partial Regex TimeText();
}

/// <summary>A backup that is not there any more.</summary>
/// <param name="Directory">Where it was.</param>
/// <param name="Why">Why it was removed.</param>
internal sealed record RemovedBackup(string Directory, string Why)
{
    /// <inheritdoc />
    public override string ToString() => $"Removed {Directory}: {Why}.";
}

/// <summary>An unfinished backup.</summary>
/// <param name="Directory">Where.</param>
/// <param name="State">Whose it is.</param>
internal sealed record Leftover(string Directory, LeftoverState State);

/// <summary>Whether somebody still writes an unfinished backup.</summary>
internal enum LeftoverState
{
    /// <summary>Its processes are gone; the next backup removes it.</summary>
    Interrupted,

    /// <summary>It is being made.</summary>
    InProgress,

    /// <summary>It was begun on another machine, whose processes cannot be seen from here.</summary>
    OfAnotherMachine,
}
