namespace MigrationSafety.Execution;

/// <summary>An array of texts for one of the rails' own statements, each text a parameter of its own.</summary>
/// <remarks>
/// One parameter that is an array would make Npgsql set up what it knows of arrays of every type: some 700 methods that are compiled at the
/// start of a run for nothing else.
/// </remarks>
internal static class TextArray
{
    /// <summary>The array of <paramref name="count"/> texts, of which the first is parameter <c>$first</c>.</summary>
    public static string Of(int count, int first = 1) =>
        $"ARRAY[{string.Join(", ", Enumerable.Range(first, count).Select(number => $"${number}"))}]::text[]";
}
