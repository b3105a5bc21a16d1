using System.Text.Json.Serialization;
using Db.Releasing.Steps;

namespace Db.Releasing;

/// <summary>Everything that is known of one release: what the report is made of, and what a resumed release goes on from.</summary>
internal sealed class ReleaseRecord
{
    /// <summary>The format that this build writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Which format this is.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Its name: when it began (UTC), and the start of the bundle's digest.</summary>
    public required string Id { get; init; }

    /// <summary>The database, without any secret.</summary>
    public required string Database { get; init; }

    /// <summary>The bundle's path as it was given.</summary>
    public required string Bundle { get; init; }

    /// <summary>SHA-256 of the bundle's file.</summary>
    public required string BundleDigest { get; init; }

    /// <summary>What was typed last, without the name of the tool and without secrets.</summary>
    public IReadOnlyList<string> Typed { get; set; } = [];

    /// <summary>The server's version.</summary>
    public string? ServerVersion { get; set; }

    /// <summary>Who ran it, as the environment says.</summary>
    public string? RunBy { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended; null while it runs, or where the tool itself was killed.</summary>
    public DateTimeOffset? Finished { get; set; }

    /// <summary>How it ended; null while it runs.</summary>
    public ReleaseOutcome? Outcome { get; set; }

    /// <summary>The release that was given up for this one, or for one that was refused before it, where it had applied something.</summary>
    public GivenUpRelease? GivenUp { get; set; }

    /// <summary>The newest migration that was applied before this release, and before the one that was given up for it; null where there was none.</summary>
    public string? Before { get; set; }

    /// <summary>The migrations that were pending before, in order.</summary>
    public List<string> Pending { get; set; } = [];

    /// <summary>What their way forward takes away.</summary>
    public List<RemovedData> Removed { get; set; } = [];

    /// <summary>The digest of the plan that may run.</summary>
    public string? Plan { get; set; }

    /// <summary>The database's state, in words, at the end of a release that failed.</summary>
    public List<string> State { get; set; } = [];

    /// <summary>Which of <see cref="Pending"/> were applied at its end; null where that is not known.</summary>
    public List<string>? Applied { get; set; }

    /// <summary>Whether of some migration only a part was committed at its end.</summary>
    public bool HalfDone { get; set; }

    /// <summary>The command that goes on; null where there is nothing to go on with.</summary>
    public string? ToGoOn { get; set; }

    /// <summary>The command that goes back; null where nothing was applied.</summary>
    public string? ToGoBack { get; set; }

    /// <summary>What to know before going back, a sentence each.</summary>
    public List<string> AboutGoingBack { get; set; } = [];

    /// <summary>The command that restores the backup of before into another database; null where there is none, or nothing was applied.</summary>
    public string? ToRestoreBeside { get; set; }

    /// <summary>Its steps, in order.</summary>
    public List<StepRecord> Steps { get; init; } = [];

    /// <summary>The last attempt at each step: what counts, once a resumed release has taken one again.</summary>
    [JsonIgnore]
    public IEnumerable<StepRecord> LastSteps => Steps.Where(step => Steps.Last(other => other.Id == step.Id) == step);

    /// <summary>The backup that it made of the moment before; null where it made none.</summary>
    [JsonIgnore]
    public string? Backup =>
        Steps
            .LastOrDefault(step => step.Id == BackupStep.Name && step.Result?.Outcome == StepOutcome.Passed)
            ?.Result!.Evidence.FirstOrDefault(evidence => evidence.Name == BackupStep.Where)
            ?.Value;

    /// <summary>What happened when.</summary>
    public List<ReleaseEvent> Events { get; init; } = [];

    /// <summary>The latency of the probe query, a value a second.</summary>
    public List<ProbeSecond> Probe { get; init; } = [];
}

/// <summary>How a release ended.</summary>
internal enum ReleaseOutcome
{
    /// <summary>Released, and everything after it is as expected.</summary>
    Released,

    /// <summary>Not begun: a check before it failed. The database was not changed.</summary>
    Refused,

    /// <summary>Failed while or after migrating.</summary>
    Failed,

    /// <summary>Failed, and taken back.</summary>
    RolledBack,

    /// <summary>Ended by Ctrl-C, SIGTERM or SIGHUP.</summary>
    Interrupted,

    /// <summary>Given up by a person after it had ended half-way.</summary>
    Abandoned,
}

/// <summary>One step as it went.</summary>
internal sealed class StepRecord
{
    /// <summary>Its name on the command line.</summary>
    public required string Id { get; init; }

    /// <summary>Its name for people.</summary>
    public required string Title { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? Finished { get; set; }

    /// <summary>What came of it.</summary>
    public StepResult? Result { get; set; }
}

/// <summary>Something that happened during a release.</summary>
/// <param name="At">When.</param>
/// <param name="Step">During which step.</param>
/// <param name="Kind">What it was.</param>
/// <param name="Text">In words.</param>
internal sealed record ReleaseEvent(DateTimeOffset At, string Step, ReleaseEventKind Kind, string Text);

/// <summary>What an event of a release was.</summary>
internal enum ReleaseEventKind
{
    /// <summary>Something that is good to know.</summary>
    Information,

    /// <summary>A migration began.</summary>
    Migration,

    /// <summary>The run waited for somebody, or tried again.</summary>
    Wait,

    /// <summary>Something went wrong.</summary>
    Error,
}

/// <summary>The probe query during one second.</summary>
/// <param name="At">When the second began.</param>
/// <param name="Count">How many queries were begun in it.</param>
/// <param name="LongestMilliseconds">How long the slowest of them took, in milliseconds.</param>
/// <param name="Errors">How many of them failed.</param>
internal sealed record ProbeSecond(DateTimeOffset At, int Count, double LongestMilliseconds, int Errors);
