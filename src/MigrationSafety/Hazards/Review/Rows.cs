using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>Guesses whether a statement may write all rows of a table, or a large part of them.</summary>
internal static class Rows
{
    /// <summary>
    /// Whether nothing in the condition keeps the rows few: no condition, or one like "is null", "is not", "older than". A key, a list, a
    /// range with two ends, a LIMIT do.
    /// </summary>
    public static bool MayBeAll(DataChange change, HazardContext context)
    {
        if (change.IsOfPortion)
        {
            return false;
        }

        if (change.Verb == "MERGE")
        {
            return change.Source is { } merged && Reads(merged, context);
        }

        if (change.Where is not { } where)
        {
            return true;
        }

        return Terms(where.Tokens) is var terms && !terms.Any(term => Narrows(term, context)) && !HasRange(terms);
    }

    /// <summary>Whether an insert's or a merge's query reads a table in use.</summary>
    public static bool Reads(Expression source, HazardContext context)
    {
        for (var i = 0; i + 1 < source.Tokens.Count; i++)
        {
            if (
                (source.Tokens[i].IsWord("FROM") || source.Tokens[i].IsWord("JOIN") || source.Tokens[i].IsWord("USING"))
                && source.Tokens[i + 1].IsName
                && !(i + 2 < source.Tokens.Count && source.Tokens[i + 2].IsSymbol("("))
                && !source.Tokens.Any(t => t.IsWord("LIMIT"))
            )
            {
                var name =
                    i + 3 < source.Tokens.Count && source.Tokens[i + 2].IsSymbol(".")
                        ? new ObjectName(source.Tokens[i + 1].Name, source.Tokens[i + 3].Name)
                        : new ObjectName(null, source.Tokens[i + 1].Name);
                if (context.IsInUse(name))
                {
                    return true;
                }
            }
        }

        return false;
    }

    // The parts that are joined by AND, outside of parentheses. An OR makes one part of all.
    private static List<List<SqlToken>> Terms(IReadOnlyList<SqlToken> tokens)
    {
        while (tokens.Count > 2 && tokens[0].IsSymbol("(") && tokens.Closing(0) == tokens.Count - 1)
        {
            tokens = [.. tokens.Skip(1).Take(tokens.Count - 2)];
        }

        var terms = new List<List<SqlToken>> { new() };
        var depth = 0;
        var between = false;
        foreach (var token in tokens)
        {
            depth +=
                token.IsSymbol("(") ? 1
                : token.IsSymbol(")") ? -1
                : 0;
            between |= depth == 0 && token.IsWord("BETWEEN");
            if (depth == 0 && token.IsWord("OR"))
            {
                return
                [
                    [.. tokens],
                ];
            }

            if (depth == 0 && token.IsWord("AND"))
            {
                if (!between)
                {
                    terms.Add([]);
                    continue;
                }

                between = false;
            }

            terms[^1].Add(token);
        }

        return terms;
    }

    private static bool Narrows(List<SqlToken> term, HazardContext context)
    {
        while (term.Count > 2 && term[0].IsSymbol("(") && term.Closing(0) == term.Count - 1)
        {
            term = term[1..^1];
        }

        if (term.Count == 0 || term[0].IsWord("NOT"))
        {
            return false;
        }

        // Whoever names rows by their place takes them in portions.
        if (term.Any(t => t.IsWord("LIMIT") || t.IsWord("FETCH") || t.IsWord("CTID")))
        {
            return true;
        }

        // column = (SELECT …) is one value.
        var equals = OutsideParentheses(term, "=");
        if (equals >= 0 && equals + 1 < term.Count && term[equals + 1].IsSymbol("("))
        {
            return true;
        }

        var query = term.FindIndex(t => t.IsWord("SELECT"));
        if (query >= 0)
        {
            // IN (SELECT … FROM a table that this migration made): as many as were put there.
            return Reads(new Expression("", term[query..]), context) is false
                && term.Skip(query).Any(t => t.IsWord("FROM"));
        }

        if (term.Any(t => t.IsWord("OR") || t.IsWord("NOT")))
        {
            return false;
        }

        if (term.Any(t => t.IsWord("BETWEEN")))
        {
            return true;
        }

        if (term.Any(t => t.IsWord("IN")))
        {
            return true;
        }

        if (equals < 0 || equals + 1 >= term.Count)
        {
            return false;
        }

        var right = term[equals + 1];
        // = true and = false are half of the table; = another table's column is a join.
        return right.Kind is SqlTokenKind.String or SqlTokenKind.Number
            || right.IsWord("ANY")
            || right.IsSymbol("-")
            || (right.IsName && equals + 2 < term.Count && term[equals + 2].IsSymbol("("))
            || right.Text.StartsWith('$')
            || right.Text.StartsWith(':');
    }

    private static int OutsideParentheses(List<SqlToken> term, string symbol)
    {
        var depth = 0;
        for (var i = 0; i < term.Count; i++)
        {
            depth +=
                term[i].IsSymbol("(") ? 1
                : term[i].IsSymbol(")") ? -1
                : 0;
            if (depth == 0 && term[i].IsSymbol(symbol))
            {
                return i;
            }
        }

        return -1;
    }

    // id >= 1 AND id < 1000
    private static bool HasRange(List<List<SqlToken>> terms)
    {
        var from = terms.Where(t => t is [{ IsName: true }, { Text: ">" or ">=" }, ..]).Select(t => t[0].Name);
        var to = terms.Where(t => t is [{ IsName: true }, { Text: "<" or "<=" }, ..]).Select(t => t[0].Name);
        return from.Intersect(to).Any();
    }
}
