namespace Data.Entities;

/// <summary>
/// What proves a <see cref="Session"/>: the column of <c>session</c> that API roles may not read. A type of its own, so that
/// reading sessions as a member never asks for it.
/// </summary>
public sealed class SessionSecret
{
    /// <summary>Key of the session it belongs to.</summary>
    public string SessionId { get; set; } = null!;

    /// <summary>The bearer token; unique.</summary>
    public required string Token { get; set; }
}
