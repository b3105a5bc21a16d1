namespace MigrationSafety.Statements.Lexing;

/// <summary>Finds its way in tokens.</summary>
internal static class SqlTokens
{
    /// <summary>Where a parenthesis closes; behind the last token where it does not.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="open">Where it opens.</param>
    public static int Closing(this IReadOnlyList<SqlToken> tokens, int open)
    {
        var depth = 0;
        for (var i = open; i < tokens.Count; i++)
        {
            depth +=
                tokens[i].IsSymbol("(") ? 1
                : tokens[i].IsSymbol(")") ? -1
                : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        return tokens.Count;
    }
}
