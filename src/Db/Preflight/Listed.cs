namespace Db.Preflight;

/// <summary>Several things as a list, a line each: joined in one line they cannot be read.</summary>
internal static class Listed
{
    /// <summary>Begins with a line break; one alone stays on the line.</summary>
    /// <param name="things">What is listed.</param>
    /// <param name="shown">How many at most; of the others only the number is said.</param>
    public static string Of(IEnumerable<string> things, int shown = int.MaxValue)
    {
        var all = things.ToList();
        return all is [var only]
            ? $" {only}"
            : string.Concat(all.Take(shown).Select(thing => $"\n- {thing}"))
                + (all.Count > shown ? $"\n- and {all.Count - shown} more" : "");
    }
}
