namespace Db.Notifying;

/// <summary>What happens to a release.</summary>
internal enum ReleaseEvent
{
    /// <summary>It begins.</summary>
    Started,

    /// <summary>It is done, and everything is as expected.</summary>
    Finished,

    /// <summary>It stopped before it was done, or something is not as expected.</summary>
    Failed,
}

/// <summary>What the team is told.</summary>
/// <param name="Event">What happens.</param>
/// <param name="Release">Which release, as people call it.</param>
/// <param name="Database">Where, without any secret.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Details">More lines, where there is more to say.</param>
internal sealed record ReleaseNotice(
    ReleaseEvent Event,
    string Release,
    string Database,
    string Summary,
    IReadOnlyList<string> Details
);

/// <summary>What became of a notice.</summary>
/// <param name="IsSet">Whether there is a webhook at all.</param>
/// <param name="Delivered">Whether it was accepted.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Host">Where it went, without the part that is secret; null where there is no webhook.</param>
/// <param name="Problem">Why it was not accepted; null where it was.</param>
/// <param name="Milliseconds">How long it took, pauses included.</param>
internal sealed record NoticeDelivery(
    bool IsSet,
    bool Delivered,
    int Attempts,
    string? Host,
    string? Problem,
    long Milliseconds
);
