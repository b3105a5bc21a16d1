using System.Text.Json.Serialization;

namespace MigrationSafety.Schema;

/// <summary>In which way a schema differs from the expected one.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SchemaDifferenceKind>))]
public enum SchemaDifferenceKind
{
    /// <summary>Expected, but not there.</summary>
    [JsonStringEnumMemberName("missing")]
    Missing,

    /// <summary>There, but not expected.</summary>
    [JsonStringEnumMemberName("extra")]
    Extra,

    /// <summary>There, but otherwise than expected.</summary>
    [JsonStringEnumMemberName("different")]
    Different,
}

/// <summary>One difference between two schemas.</summary>
/// <param name="Kind">Missing, extra or different.</param>
/// <param name="Object">The object's kind and name: <c>table public.users</c>.</param>
/// <param name="Property">What of the object differs: <c>column email</c>; null where it is the whole object.</param>
/// <param name="Expected">What was expected; null where nothing was.</param>
/// <param name="Found">What was found; null where nothing was.</param>
public sealed record SchemaDifference(
    SchemaDifferenceKind Kind,
    string Object,
    string? Property,
    string? Expected,
    string? Found
)
{
    /// <summary>
    /// What was expected and what was found, each in one line. Of a text that spans lines and differs, that is the first
    /// line that does; a whole object is <c>present</c> or <c>absent</c>.
    /// </summary>
    public (string Expected, string Found) InOneLine()
    {
        if (Kind != SchemaDifferenceKind.Different)
        {
            var present = Kind == SchemaDifferenceKind.Missing;
            return (
                OneLine(Expected) ?? (present ? "present" : "absent"),
                OneLine(Found) ?? (present ? "absent" : "present")
            );
        }

        var expected = Expected!.Split('\n');
        var found = Found!.Split('\n');
        if (expected.Length == 1 && found.Length == 1)
        {
            return (Expected, Found);
        }

        var line = expected.Zip(found).TakeWhile(pair => pair.First == pair.Second).Count();
        return (At(expected), At(found));

        string At(string[] lines) => $"line {line + 1}: {(line < lines.Length ? lines[line].Trim() : "nothing more")}";
    }

    /// <summary>The difference in one line.</summary>
    public override string ToString()
    {
        var what = Property is null ? Object : $"{Object}, {Property}";
        var (expected, found) = InOneLine();
        return this switch
        {
            { Kind: SchemaDifferenceKind.Different } => $"different: {what}: expected {expected}; found {found}",
            { Property: null, Kind: SchemaDifferenceKind.Missing } => $"missing: {what}",
            { Property: null } => $"extra: {what}",
            { Kind: SchemaDifferenceKind.Missing } => $"missing: {what}: expected {expected}",
            _ => $"extra: {what}: found {found}",
        };
    }

    private static string? OneLine(string? text) =>
        text is null ? null : string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries));
}
