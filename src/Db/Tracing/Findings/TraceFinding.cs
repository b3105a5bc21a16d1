using System.Text.Json.Serialization;

namespace Db.Tracing.Findings;

/// <summary>How grave a finding is.</summary>
internal enum Severity
{
    /// <summary>To know.</summary>
    Note,

    /// <summary>To look at.</summary>
    Warning,

    /// <summary>Hurts a live application or loses data, unless somebody accepts it with a reason.</summary>
    Danger,
}

/// <summary>A danger that was seen happening.</summary>
/// <param name="Id">Its hazard, by the same name as in the checks where it is the same thing.</param>
/// <param name="Severity">How grave.</param>
/// <param name="Direction">Up or Down.</param>
/// <param name="Statement">The number of the statement; 0 for the migration as a whole.</param>
/// <param name="Object">The table or other object.</param>
/// <param name="What">What PostgreSQL did and who notices.</param>
/// <param name="Instead">What to do.</param>
internal sealed record TraceFinding(
    string Id,
    Severity Severity,
    string Direction,
    int Statement,
    string Object,
    string What,
    string Instead
)
{
    /// <summary>The hazards whose acceptance accepts this, besides its own; null for all that are seen as this one.</summary>
    [JsonIgnore]
    public IReadOnlyList<string>? AcceptedAs { get; init; }

    /// <summary>The reason for which the migration accepts it; null where it does not.</summary>
    public string? Accepted { get; init; }
}
