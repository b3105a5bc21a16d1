using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.Parsing;

/// <summary>SELECT, INSERT, UPDATE, DELETE and MERGE, with those inside WITH.</summary>
internal static class QueryParser
{
    public static Statement Parse(SqlCursor c)
    {
        var start = c.At;
        if (c.Sees("SELECT") && SetConfig(c) is { } set)
        {
            return set;
        }

        c.At = start;
        var changes = new List<DataChange>();
        var depth = 0;
        while (!c.IsAtEnd)
        {
            // At the start, behind a WITH list, or at the start of one of its parentheses.
            var begins = c.At == start || c.Peek(-1).IsSymbol("(") || (depth == 0 && c.Peek(-1).IsSymbol(")"));
            if (begins && c.SeesAny("INSERT", "UPDATE", "DELETE", "MERGE"))
            {
                var at = c.At;
                changes.Add(Change(c));
                c.At = at + 1;
                continue;
            }

            depth +=
                c.SeesSymbol("(") ? 1
                : c.SeesSymbol(")") ? -1
                : 0;
            c.Next();
        }

        var text = c.Between(start, c.At);
        var portions = Portions(text.Tokens).ToList();
        return new QueryStatement(text)
        {
            DataChanges =
            [
                .. changes.Select(change =>
                    portions.Exists(name => change.Source?.Names(name) == true || change.Where?.Names(name) == true)
                        ? change with
                        {
                            IsOfPortion = true,
                        }
                        : change
                ),
            ],
        };
    }

    // WITH name AS (SELECT … LIMIT …)
    private static IEnumerable<string> Portions(IReadOnlyList<SqlToken> tokens)
    {
        if (tokens.Count == 0 || !tokens[0].IsWord("WITH"))
        {
            yield break;
        }

        for (var i = 1; i + 1 < tokens.Count; i++)
        {
            if (!tokens[i].IsWord("AS"))
            {
                continue;
            }

            var open = i + 1;
            while (open < tokens.Count && (tokens[open].IsWord("NOT") || tokens[open].IsWord("MATERIALIZED")))
            {
                open++;
            }

            var name = i - 1;
            if (tokens[name].IsSymbol(")"))
            {
                while (name > 0 && !tokens[name].IsSymbol("("))
                {
                    name--;
                }

                name--;
            }

            if (open >= tokens.Count || !tokens[open].IsSymbol("(") || name < 0 || !tokens[name].IsName)
            {
                continue;
            }

            if (tokens.Take(tokens.Closing(open)).Skip(open).Any(t => t.IsWord("LIMIT") || t.IsWord("FETCH")))
            {
                yield return tokens[name].Name;
            }
        }
    }

    private static DataChange Change(SqlCursor c)
    {
        var verb = c.Next().Text;
        switch (verb)
        {
            case "INSERT":
                c.Expect("INTO");
                var into = c.ObjectName();
                if (c.Take("AS"))
                {
                    c.Name();
                }

                var columns =
                    c.SeesSymbol("(") && !c.Peek(1).IsWord("SELECT") && !c.Peek(1).IsWord("VALUES")
                        ? c.NamesInParentheses()
                        : [];
                return new DataChange(verb, into, columns, null, c.UntilWord("RETURNING"));
            case "MERGE":
                c.Expect("INTO");
                c.Take("ONLY");
                return new DataChange(verb, c.ObjectName(), [], null, c.UntilWord("RETURNING"));
            case "DELETE":
                c.Expect("FROM");
                c.Take("ONLY");
                var from = c.ObjectName();
                c.UntilWordOrHere("USING", "WHERE", "RETURNING");
                var source = c.Take("USING") ? c.UntilWord("WHERE", "RETURNING") : null;
                return new DataChange(verb, from, [], c.Take("WHERE") ? c.UntilWord("RETURNING") : null, source);
            default:
                c.Take("ONLY");
                var table = c.ObjectName();
                c.UntilWordOrHere("SET");
                c.Expect("SET");
                var first = c.At;
                var names = new List<string>();
                do
                {
                    if (c.SeesSymbol("("))
                    {
                        names.AddRange(c.NamesInParentheses());
                    }
                    else
                    {
                        names.Add(c.Name());
                    }

                    c.Until(t =>
                        t.IsSymbol(",") || t is { Kind: SqlTokenKind.Word, Text: "FROM" or "WHERE" or "RETURNING" }
                    );
                } while (c.TakeSymbol(","));

                if (c.Take("FROM"))
                {
                    c.UntilWord("WHERE", "RETURNING");
                }

                var set = c.Between(first, c.At);
                return new DataChange(verb, table, names, c.Take("WHERE") ? c.UntilWord("RETURNING") : null, set);
        }
    }

    // SELECT set_config('search_path', '', false): what pg_dump writes for SET.
    private static SetParameter? SetConfig(SqlCursor c)
    {
        c.Expect("SELECT");
        if (c.Sees("PG_CATALOG") && c.Peek(1).IsSymbol("."))
        {
            c.At += 2;
        }

        if (!c.Take("SET_CONFIG") || !c.TakeSymbol("(") || c.Peek().Kind != SqlTokenKind.String)
        {
            return null;
        }

        var name = c.Next().Text.ToLowerInvariant();
        c.TakeSymbol(",");
        var value = c.UntilComma().Text;
        c.TakeSymbol(",");
        var local = c.Take("TRUE");
        return new SetParameter(name, value, local);
    }
}
