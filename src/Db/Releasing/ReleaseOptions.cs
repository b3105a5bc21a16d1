namespace Db.Releasing;

/// <summary>How a release is to go.</summary>
internal sealed record ReleaseOptions
{
    /// <summary>What was typed, for the commands that are shown: without the name of the tool, and without secrets.</summary>
    public IReadOnlyList<string> Typed { get; init; } = [];

    /// <summary>The folder that holds a folder for each release.</summary>
    public required string Releases { get; init; }

    /// <summary>Whether what was applied is taken back when the release fails, where nothing would be lost by it.</summary>
    public bool RollbackOnFailure { get; init; }

    /// <summary>How long the database is watched afterwards; zero for not at all.</summary>
    public TimeSpan Watch { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Steps that are left out, each with its reason.</summary>
    public IReadOnlyDictionary<string, string> Without { get; init; } = new Dictionary<string, string>();

    /// <summary>Arguments for the rails, which the bundle gets behind <c>--</c>.</summary>
    public IReadOnlyList<string> RailsArguments { get; init; } = [];

    /// <summary>The plan that a person has looked at, and who that was.</summary>
    public string? ReviewedPlan { get; init; }

    /// <inheritdoc cref="ReviewedPlan" />
    public string? ReviewedBy { get; init; }

    /// <summary>Why this is released outside of the window; null where that is not allowed.</summary>
    public string? OutsideWindow { get; init; }

    /// <summary>Checks of the preflight that may fail, each with its reason.</summary>
    public IReadOnlyDictionary<string, string> Accepted { get; init; } = new Dictionary<string, string>();

    /// <summary>The rehearsal's result; null for the usual place.</summary>
    public string? Rehearsal { get; init; }

    /// <summary>The folder with the critical queries and the settings; null where there is none.</summary>
    public ReleaseFolder? Folder { get; init; }

    /// <summary>That folder, as it was typed; null where it was not.</summary>
    public string? NamedFolder { get; init; }

    /// <summary>The folder of the critical queries; null where there is none.</summary>
    public string? CriticalQueries =>
        Folder is { } folder && Directory.Exists(folder.CriticalQueries) ? folder.CriticalQueries : null;

    /// <summary>What the webhook is sent; null to tell by its host.</summary>
    public Notifying.WebhookFormat? WebhookFormat { get; init; }

    /// <summary>Where backups are; null for the usual place.</summary>
    public string? Backups { get; init; }
}
