using System.Text.Json.Serialization;

namespace Db.Adopting;

/// <summary>What becomes of a thing in the database when it is adopted.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
internal enum Verdict
{
    /// <summary>It is as ours.</summary>
    [JsonStringEnumMemberName("same")]
    Same,

    /// <summary>A migration brings it to ours.</summary>
    [JsonStringEnumMemberName("changes")]
    Changes,

    /// <summary>It is the user's own, and no migration touches it.</summary>
    [JsonStringEnumMemberName("stays")]
    Stays,

    /// <summary>It has to be mended by hand first.</summary>
    [JsonStringEnumMemberName("in the way")]
    InTheWay,
}

/// <summary>One thing that was found, and what becomes of it.</summary>
/// <param name="Verdict">What becomes of it.</param>
/// <param name="Object">The object: <c>table public.users</c>.</param>
/// <param name="Property">What of it: <c>column email</c>; null where it is the whole object.</param>
/// <param name="What">What is there, what becomes of it, or why it stands in the way.</param>
/// <param name="Rows">How many rows are concerned; null where none are.</param>
/// <param name="Sql">The SQL that mends it, where it stands in the way.</param>
internal sealed record Finding(
    Verdict Verdict,
    string Object,
    string? Property,
    string What,
    long? Rows = null,
    string? Sql = null
)
{
    /// <summary>A foreign key: mended after the key that it points at.</summary>
    [JsonIgnore]
    public bool IsForeignKey { get; init; }

    /// <summary>Kind, object and property, as a line begins.</summary>
    public string Name => Property is null ? Object : $"{Object}, {Property}";
}
