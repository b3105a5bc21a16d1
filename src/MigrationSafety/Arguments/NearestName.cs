namespace MigrationSafety.Arguments;

/// <summary>Finds what somebody probably meant to write.</summary>
internal static class NearestName
{
    /// <summary>The nearest candidate by edits, or null when none is near enough to be meant.</summary>
    public static string? Of(string name, IEnumerable<string> candidates)
    {
        var (nearest, distance) = candidates
            .Select(candidate => (candidate, Edits(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .DefaultIfEmpty((candidate: "", int.MaxValue))
            .MinBy(pair => pair.Item2);
        return distance <= Math.Max(2, name.Length / 3) ? nearest : null;
    }

    // Levenshtein's distance, one row at a time.
    private static int Edits(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
