using Db.Bundles;
using Db.Databases;

namespace Db.Releasing;

/// <summary>One step of a release.</summary>
internal interface IReleaseStep
{
    /// <summary>Its name on the command line.</summary>
    string Id { get; }

    /// <summary>Its name for people.</summary>
    string Title { get; }

    /// <summary>When it is taken, and what its failure means.</summary>
    StepPhase Phase { get; }

    /// <summary>What it would do, for a dry run.</summary>
    string Intention(ReleaseContext context);

    /// <summary>Takes it. Throws only what nobody foresaw.</summary>
    Task<StepResult> RunAsync(ReleaseContext context, CancellationToken ct);
}

/// <summary>When a step is taken.</summary>
internal enum StepPhase
{
    /// <summary>Before the database is changed. A failure refuses the release.</summary>
    Before,

    /// <summary>Changes the database. A failure ends the release.</summary>
    Migrate,

    /// <summary>Looks at what came of it. After a failure the others still look: the more is known, the better.</summary>
    After,
}

/// <summary>What a step works with.</summary>
/// <param name="Database">The database.</param>
/// <param name="Bundle">The bundle.</param>
/// <param name="Plan">What the bundle said at the begin that it would do; null where a release is resumed.</param>
/// <param name="Options">How the release is to go.</param>
/// <param name="Record">What is known so far.</param>
/// <param name="Folder">Where files of the release belong; null in a dry run.</param>
/// <param name="Say">Notes an event, and shows it.</param>
internal sealed record ReleaseContext(
    NamedDatabase Database,
    BundleProcess Bundle,
    BundlePlan? Plan,
    ReleaseOptions Options,
    ReleaseRecord Record,
    RecordFolder? Folder,
    Action<ReleaseEventKind, string> Say
);
