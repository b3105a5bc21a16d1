namespace MigrationSafety.Connections;

/// <summary>Finds the known name that a mistyped one most likely stood for.</summary>
internal static class NearestName
{
    /// <summary>
    /// Returns the candidate nearest to <paramref name="typed"/>, or null when none is near enough to be meant: a third
    /// of the letters may differ. Case, spaces, hyphens and underscores do not count.
    /// </summary>
    public static string? Of(string typed, IEnumerable<string> candidates)
    {
        var wanted = Plain(typed);
        var best = candidates
            .Select(candidate => (Name: candidate, Distance: Distance(wanted, Plain(candidate))))
            .OrderBy(pair => pair.Distance)
            .FirstOrDefault();
        return best.Name is not null && best.Distance <= Math.Max(1, wanted.Length / 3) ? best.Name : null;
    }

    private static string Plain(string name) =>
        new([.. name.Where(c => c is not (' ' or '_' or '-')).Select(char.ToLowerInvariant)]);

    // Levenshtein's distance with two rows; a swap of neighbours counts as two, which the tolerance allows for.
    private static int Distance(string from, string to)
    {
        var previous = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var current = new int[to.Length + 1];
            current[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = previous[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
            }

            previous = current;
        }

        return previous[^1];
    }
}
