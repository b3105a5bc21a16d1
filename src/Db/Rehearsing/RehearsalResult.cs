using System.Text.Json.Serialization;
using Db.Backups;
using Db.Compatibility;
using Db.Tracing.Findings;
using MigrationSafety.Schema;

namespace Db.Rehearsing;

/// <summary>What a rehearsal found; written as <c>artifacts/rehearsal.json</c>, for whoever has to know that this very bundle was rehearsed.</summary>
internal sealed record RehearsalResult
{
    /// <summary>The file's usual name.</summary>
    public const string FileName = "rehearsal.json";

    /// <summary>The format's version.</summary>
    public int FormatVersion { get; init; } = 1;

    /// <summary>Everything went as a release should go. A way back that loses data is no failure: it is said.</summary>
    public required bool Passed { get; init; }

    /// <summary>Why it did not pass; empty where it did.</summary>
    public IReadOnlyList<string> Failures { get; init; } = [];

    /// <summary>When it was begun, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How long it took as a whole, in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>The bundle's path.</summary>
    public required string Bundle { get; init; }

    /// <summary>SHA-256 of the bundle's file: the one that may be released.</summary>
    public required string BundleSha256 { get; init; }

    /// <summary>The digest of the plan, as <c>efbundle -- --plan</c> says it, on the restored copy.</summary>
    public string? PlanDigest { get; init; }

    /// <summary>Why the bundle's own guards refuse the plan; null where they do not.</summary>
    public string? PlanRefused { get; init; }

    /// <summary>The backup's name.</summary>
    public required string Backup { get; init; }

    /// <summary>The digest of the backup's manifest.</summary>
    public required string BackupDigest { get; init; }

    /// <summary>When the backup was taken, UTC.</summary>
    public required DateTimeOffset BackupTaken { get; init; }

    /// <summary>The database that was backed up.</summary>
    public required string Database { get; init; }

    /// <summary>The version of the server that was backed up.</summary>
    public required string ServerVersion { get; init; }

    /// <summary>The server it was rehearsed on.</summary>
    public string? ScratchServer { get; init; }

    /// <summary>The role it was run as.</summary>
    public string? RunAs { get; init; }

    /// <summary>pg_restore's time, in seconds.</summary>
    public double RestoreSeconds { get; init; }

    /// <summary>The migrations, in the order they ran.</summary>
    public IReadOnlyList<RehearsedMigration> Migrations { get; init; } = [];

    /// <summary>What the release will take, from the bundle's start to its end, in seconds; as it was here, without anybody else.</summary>
    public double ReleaseSeconds { get; init; }

    /// <summary>How the release that runs now gets on with the new schema; null where nothing was pending or it was not tried.</summary>
    public RehearsedPrevious? PreviousRelease { get; init; }

    /// <summary>What the way forward itself takes away, and going back does not bring back; counted before it.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];

    /// <summary>
    /// The schema that the migrations before this release make of an empty database, as a snapshot's text: what production has to be like
    /// before it. Null where there were none, or it is not known.
    /// </summary>
    public string? SchemaBefore { get; init; }

    /// <summary>Tables whose size or existence changed.</summary>
    public IReadOnlyList<TableChange> Tables { get; init; } = [];

    /// <summary>The database's size before, in bytes.</summary>
    public long BytesBefore { get; init; }

    /// <summary>The database's size after, in bytes.</summary>
    public long BytesAfter { get; init; }

    /// <summary>What was written to the log, in bytes: what replicas and archives have to take.</summary>
    public long LogBytes { get; init; }

    /// <summary>Where the migrated schema is not the one that this build expects.</summary>
    public IReadOnlyList<SchemaDifference> SchemaDifferences { get; init; } = [];

    /// <summary>The way back and forward again; null where it was not gone.</summary>
    public RehearsedRollback? Rollback { get; init; }

    /// <summary>Which rights could not be tried on the new schema, and why: nobody knows whether they are as they should be.</summary>
    public IReadOnlyList<string> PoliciesNotTried { get; init; } = [];

    /// <summary>What else to know.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Where it lies when nothing else was said.</summary>
    public static string DefaultFile() =>
        Path.Combine(
            Checkout.Above(Environment.CurrentDirectory)?.Directory ?? Environment.CurrentDirectory,
            "artifacts",
            FileName
        );

    /// <summary>Reads a rehearsal; null where there is none, or the file is none.</summary>
    public static RehearsalResult? Read(string path)
    {
        try
        {
            return BackupJson.Read<RehearsalResult>(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Text.Json.JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether it is proof for this bundle.</summary>
    /// <param name="bundleSha256">SHA-256 of the bundle that shall be released.</param>
    public bool Proves(string bundleSha256) => Passed && BundleSha256 == bundleSha256;
}

/// <summary>A migration, as it ran.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Seconds">From the bundle's saying that it begins to its next word.</param>
/// <param name="Locks">The locks that were seen on tables that others use, the strongest of each table.</param>
internal sealed record RehearsedMigration(string Id, double Seconds, IReadOnlyList<SeenLock> Locks);

/// <summary>A lock on a table, as a second session saw it.</summary>
/// <param name="Table">Schema and name.</param>
/// <param name="Mode">PostgreSQL's name: <c>AccessExclusiveLock</c>.</param>
/// <param name="Milliseconds">For how long it was seen, to the sampling's <see cref="LockSampler.Every"/>.</param>
internal sealed record SeenLock(string Table, string Mode, long Milliseconds)
{
    /// <summary>What others have to wait with while it is held.</summary>
    [JsonIgnore]
    public string Stops =>
        Mode switch
        {
            "AccessExclusiveLock" => "nobody can read or write it",
            "ExclusiveLock" or "ShareRowExclusiveLock" or "ShareLock" => "nobody can write it",
            _ => "reading and writing go on",
        };
}

/// <summary>A table before and after.</summary>
/// <param name="Table">Schema and name.</param>
/// <param name="BytesBefore">With its indexes; null where it did not exist.</param>
/// <param name="BytesAfter">With its indexes; null where it is gone.</param>
internal sealed record TableChange(string Table, long? BytesBefore, long? BytesAfter);

/// <summary>The way back to before the release, and forward again.</summary>
/// <param name="Target">The migration that was gone back to; 0 for none.</param>
/// <param name="Possible">It was gone, there and back.</param>
/// <param name="LosesData">It was refused until data loss was allowed.</param>
/// <param name="Losses">What would be lost, as the rails counted it on the copy.</param>
/// <param name="BackSeconds">There.</param>
/// <param name="ForwardSeconds">And back.</param>
/// <param name="SchemaDifferences">Where the schema after going back is not the one that was backed up.</param>
/// <param name="Failure">Why it is not possible; null where it is.</param>
internal sealed record RehearsedRollback(
    string Target,
    bool Possible,
    bool LosesData,
    IReadOnlyList<string> Losses,
    double BackSeconds,
    double ForwardSeconds,
    IReadOnlyList<SchemaDifference> SchemaDifferences,
    string? Failure
);

/// <summary>The release before, on the schema after: while the application is deployed, it still runs.</summary>
/// <param name="Model">The migration whose model that release has.</param>
/// <param name="Role">The role it acted as; null for the owner.</param>
/// <param name="Tried">How many of its statements were tried.</param>
/// <param name="Findings">What works before and fails afterwards, and whether a migration accepts it.</param>
/// <param name="NotTried">Tables that could not be tried in full, and why.</param>
/// <param name="Problem">Why it could not be tried at all; null where it was.</param>
internal sealed record RehearsedPrevious(
    string Model,
    string? Role,
    int Tried,
    IReadOnlyList<TraceFinding> Findings,
    IReadOnlyList<UntriedTable> NotTried,
    string? Problem
)
{
    /// <summary>What ends the rehearsal: what the release before can never do again, and nobody has accepted.</summary>
    [JsonIgnore]
    public IEnumerable<string> Failures =>
        Findings
            .Where(finding => finding is { Severity: Severity.Danger, Accepted: null })
            .Select(finding =>
                $"{finding.Object}: {finding.What} {finding.Instead} Where no such release runs any more, say so in the migration: "
                + $"[AcceptHazard(\"{finding.Id}\", \"why\", On = \"{finding.Object}\")]"
            );
}
