using Data.Migrations;
using Db.Backups;
using Db.Bundles;
using Db.Commands;
using Db.Databases;
using Db.Rehearsing;
using MigrationSafety.Schema;
using Npgsql;

namespace Db.Preflight;

/// <summary>What is to be released, where, and what is known about it.</summary>
internal sealed record PreflightContext
{
    /// <summary>The database.</summary>
    public required NamedDatabase Database { get; init; }

    /// <summary>A session there.</summary>
    public required NpgsqlConnection Connection { get; init; }

    /// <summary>The bundle.</summary>
    public required BundleProcess Bundle { get; init; }

    /// <summary>What the bundle has said that it would do; null to ask it.</summary>
    public BundlePlan? Plan { get; init; }

    /// <summary>What the team has decided.</summary>
    public required ReleaseSettings Settings { get; init; }

    /// <summary>Where backups are; null for the usual place.</summary>
    public string? Backups { get; init; }

    /// <summary>The rehearsal's result; null for the usual place.</summary>
    public string? Rehearsal { get; init; }

    /// <summary>The digest of the plan that a person has looked at.</summary>
    public string? ReviewedPlan { get; init; }

    /// <summary>Who that was.</summary>
    public string? ReviewedBy { get; init; }

    /// <summary>Why this is released outside of the window; null where that is not allowed.</summary>
    public string? OutsideWindow { get; init; }

    /// <summary>True where the release that follows takes a backup of its own: then the age of the last one does not matter.</summary>
    public bool BackupFollows { get; init; }

    /// <summary>Checks that may fail, each with the reason.</summary>
    public IReadOnlyDictionary<string, string> Accepted { get; init; } = new Dictionary<string, string>();

    /// <summary>Steps that the release leaves out, each with its reason: what they would look at is not looked at before either.</summary>
    public IReadOnlyDictionary<string, string> Without { get; init; } = new Dictionary<string, string>();

    /// <summary>The folder of the critical queries; null where there is none.</summary>
    public string? CriticalQueries { get; init; }

    /// <summary>Arguments for the rails, which the bundle gets behind <c>--</c>.</summary>
    public IReadOnlyList<string> RailsArguments { get; init; } = [];

    /// <summary>The moment that ages are counted from.</summary>
    public DateTimeOffset Now { get; init; } = DateTimeOffset.UtcNow;
}

/// <summary>What several checks look at, read once.</summary>
/// <param name="Context">What was asked.</param>
/// <param name="Plan">What the bundle would do now; null where it could not say.</param>
/// <param name="PlanProblem">Why it could not.</param>
/// <param name="Backups">The whole backups of this database, newest first.</param>
/// <param name="Damaged">Directories that say they are backups, of whatever database, and cannot be used.</param>
/// <param name="BackupFolder">Where they were looked for.</param>
/// <param name="Rehearsal">The rehearsal; null where there is none.</param>
/// <param name="RehearsalFile">Where it was looked for.</param>
internal sealed record PreflightFacts(
    PreflightContext Context,
    BundlePlan? Plan,
    string? PlanProblem,
    IReadOnlyList<Backup> Backups,
    IReadOnlyList<DamagedBackup> Damaged,
    string BackupFolder,
    RehearsalResult? Rehearsal,
    string RehearsalFile
)
{
    /// <summary>The rehearsal, where it is of this very bundle.</summary>
    public RehearsalResult? RehearsalOfThis => Rehearsal?.BundleSha256 == Context.Bundle.Digest ? Rehearsal : null;

    /// <summary>Whether the bundle would migrate; taken for granted where it could not say.</summary>
    public bool ArePending => Plan is not { Migrations.Count: 0, Refused: null };

    /// <summary>What the applied migrations make; null where nobody has found out.</summary>
    public SchemaSnapshot? SchemaBefore =>
        !ArePending ? ExpectedSchema.Read()
        : Plan is not null
        && RehearsalOfThis is { SchemaBefore: { } text } rehearsal
        && rehearsal.PlanDigest == Plan.Digest
            ? SchemaSnapshot.Parse(text)
        : null;

    /// <summary>That the release leaves a step out, and why; null where it takes it.</summary>
    public string? LeftOut(string step) =>
        Context.Without.TryGetValue(step, out var reason) ? $"the release leaves {step} out: {reason}" : null;

    /// <summary>A command that makes a backup.</summary>
    public string Backup => ToolCommand.OnDatabase(["backup", .. Where("--to")]);

    /// <summary>A command that runs the restore drill.</summary>
    /// <param name="name">The backup; null for the newest.</param>
    public string Verify(string? name) =>
        ToolCommand.Of(["backup", "verify", .. name is null ? Array.Empty<string>() : [name], .. Where("--in")]);

    /// <summary>A command that rehearses this bundle.</summary>
    public string Rehearse =>
        ToolCommand.Of([
            "rehearse",
            "--bundle",
            Context.Bundle.Path,
            .. Where("--in"),
            .. Context.Rehearsal is { } file ? ["--out", file] : Array.Empty<string>(),
        ]);

    private string[] Where(string option) => Context.Backups is { } folder ? [option, folder] : [];
}

/// <summary>One check.</summary>
internal interface IPreflightCheck
{
    /// <summary>Its name on the command line.</summary>
    string Id { get; }

    /// <summary>What it asks, for people.</summary>
    string Title { get; }

    /// <summary>Looks.</summary>
    Task<(PreflightOutcome Outcome, string Evidence, string? ToDo)> LookAsync(
        PreflightFacts facts,
        CancellationToken ct
    );
}
