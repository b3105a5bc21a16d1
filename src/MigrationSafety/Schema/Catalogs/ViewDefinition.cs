using System.Text;
using System.Text.RegularExpressions;

namespace MigrationSafety.Schema.Catalogs;

/// <summary>
/// Takes out of a view's definition what only the server's version decides. Before 16, PostgreSQL wrote the columns of a
/// view over a single relation with that relation's name, <c>SELECT users.id</c>; from 16 on it writes <c>SELECT id</c>.
/// </summary>
internal static partial class ViewDefinition
{
    public static string SameOnEveryVersion(string definition)
    {
        // The outermost FROM stands at this depth; a UNION has one for each of its parts.
        if (OutermostFrom().Matches(definition) is not [var from])
        {
            return definition;
        }

        return OnlyRelation(from.Groups[1].Value) is { } relation ? Without(relation + ".", definition) : definition;
    }

    // The name that the columns of a FROM clause's only item are called by, or null where it has several items.
    private static string? OnlyRelation(string from)
    {
        var outside = new StringBuilder();
        var depth = 0;
        foreach (var (c, quoted) in WithQuotes(from.TrimEnd(';')))
        {
            depth -= !quoted && c == ')' ? 1 : 0;
            if (depth == 0 && (quoted || c is not ('(' or ')')))
            {
                if (c == ',' && !quoted)
                {
                    return null;
                }

                outside.Append(c);
            }

            depth += !quoted && c == '(' ? 1 : 0;
        }

        // people p · ( SELECT … ) x · generate_series(…) g(n); of a join, which stands in parentheses, nothing is left.
        var name = LastName().Match(outside.ToString());
        return name.Success ? name.Value.TrimEnd() : null;
    }

    // Outside of literals, and only where the name begins there.
    private static string Without(string prefix, string definition)
    {
        var text = new StringBuilder(definition.Length);
        var at = 0;
        var literal = false;
        while (at < definition.Length)
        {
            literal ^= definition[at] == '\'';
            if (
                !literal
                && definition.AsSpan(at).StartsWith(prefix, StringComparison.Ordinal)
                && (at == 0 || !IsPartOfName(definition[at - 1]))
            )
            {
                at += prefix.Length;
                continue;
            }

            text.Append(definition[at++]);
        }

        return text.ToString();
    }

    private static IEnumerable<(char Character, bool Quoted)> WithQuotes(string text)
    {
        char? quote = null;
        foreach (var c in text)
        {
            if (quote is null && (c is '\'' or '"'))
            {
                quote = c;
                yield return (c, true);
            }
            else
            {
                yield return (c, quote is not null);
                quote = c == quote ? null : quote;
            }
        }
    }

    private static bool IsPartOfName(char c) => char.IsLetterOrDigit(c) || c is '_' or '$' or '"' or '.';

    // To the next clause of the same query: less deep than the items of this one.
    [GeneratedRegex(@"^ {3}FROM (.*(?:\n {4,}.*)*)$", RegexOptions.Multiline)]
    private static partial Regex OutermostFrom();

    [GeneratedRegex("""(?:"(?:[^"]|"")+"|[\w$]+)\s*$""")]
    private static partial Regex LastName();
}
