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
    /// <summary>The difference in one line.</summary>
    public override string ToString()
    {
        var what = Property is null ? Object : $"{Object}, {Property}";
        return Kind switch
        {
            SchemaDifferenceKind.Missing => Expected is null
                ? $"missing: {what}"
                : $"missing: {what}: expected {OneLine(Expected)}",
            SchemaDifferenceKind.Extra => Found is null ? $"extra: {what}" : $"extra: {what}: found {OneLine(Found)}",
            _ => Changed(what),
        };
    }

    private string Changed(string what)
    {
        var expected = Expected!.Split('\n');
        var found = Found!.Split('\n');
        if (expected.Length == 1 && found.Length == 1)
        {
            return $"different: {what}: expected {Expected}; found {Found}";
        }

        // Of a long text only the first line that differs is of use in one line.
        var line = expected.Zip(found).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"different: {what}: line {line + 1}: expected {At(expected)}; found {At(found)}";

        string At(string[] lines) => line < lines.Length ? OneLine(lines[line].Trim()) : "nothing more";
    }

    private static string OneLine(string text) =>
        text.Contains('\n') ? string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries)) : text;
}
