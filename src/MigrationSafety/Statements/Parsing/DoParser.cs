using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.Parsing;

/// <summary>
/// DO blocks: finds the SQL statements in a PL/pgSQL body, whatever conditions and loops stand around them, and what EXECUTE runs as far
/// as it is written as a literal. What is put together at run time stays unseen; a trace sees it.
/// </summary>
internal static class DoParser
{
    private static readonly string[] Verbs =
    [
        "CREATE",
        "ALTER",
        "DROP",
        "INSERT",
        "UPDATE",
        "DELETE",
        "WITH",
        "TRUNCATE",
        "GRANT",
        "REVOKE",
        "COMMENT",
        "REINDEX",
        "REFRESH",
        "LOCK",
        "SET",
        "RESET",
        "CLUSTER",
        "VACUUM",
        "COPY",
        "MERGE",
        "COMMIT",
        "ROLLBACK",
        "SELECT",
    ];

    // A name to PostgreSQL too, wherever it stands: alone, or as the end of another (idx_…).
    private const string Unknown = "…";

    public static DoBlock Parse(SqlCursor c)
    {
        c.Expect("DO");
        if (c.Take("LANGUAGE"))
        {
            c.Next();
        }

        var token = c.Peek();
        var body = c.String();
        // Where the body starts in the statement; inside '…' quotes are doubled, so that positions are near rather than exact.
        var offset = c.Sql.IndexOf(body, token.Start, StringComparison.Ordinal);
        var statements = new List<NestedStatement>();
        Read(body, Math.Max(offset, token.Start), statements);
        return new DoBlock(statements);
    }

    private static void Read(string body, int offset, List<NestedStatement> found)
    {
        var tokens = Joined(SqlLexer.Read(body));
        var first = 0;
        for (var i = 0; i <= tokens.Count; i++)
        {
            if (i < tokens.Count && !tokens[i].IsSymbol(";"))
            {
                continue;
            }

            Piece(body, offset, tokens, first, i, found);
            first = i + 1;
        }
    }

    // Strings one behind the other are one string.
    private static List<SqlToken> Joined(List<SqlToken> tokens)
    {
        for (var i = tokens.Count - 2; i >= 0; i--)
        {
            if (tokens[i].Kind == SqlTokenKind.String && tokens[i + 1].Kind == SqlTokenKind.String)
            {
                tokens[i] = tokens[i] with { Text = tokens[i].Text + tokens[i + 1].Text, End = tokens[i + 1].End };
                tokens.RemoveAt(i + 1);
            }
        }

        return tokens;
    }

    private static void Piece(
        string body,
        int offset,
        List<SqlToken> tokens,
        int first,
        int end,
        List<NestedStatement> found
    )
    {
        first = BehindControl(tokens, first, end);
        if (first >= end || tokens[first].Kind != SqlTokenKind.Word)
        {
            return;
        }

        var at = offset + tokens[first].Start;
        if (tokens[first].Text == "EXECUTE")
        {
            if (Literal(tokens, first + 1, end) is { } literal)
            {
                found.AddRange(
                    SqlScanner.Split(literal).Select(s => new NestedStatement(SqlParser.Parse(s.Text), s.Text, at))
                );
            }

            return;
        }

        if (tokens[first].Text == "PERFORM")
        {
            return;
        }

        if (Verbs.Contains(tokens[first].Text))
        {
            var text = body[tokens[first].Start..tokens[end - 1].End];
            found.Add(new NestedStatement(SqlParser.Parse(text), text, at));
        }
    }

    // IF … THEN, ELSE, LOOP, BEGIN, DECLARE …, <<label>>: whatever may stand before a statement.
    private static int BehindControl(List<SqlToken> tokens, int first, int end)
    {
        while (first < end)
        {
            var token = tokens[first];
            if (token.IsSymbol("<<"))
            {
                first = After(tokens, first, end, t => t.IsSymbol(">>"));
            }
            else if (token.Kind != SqlTokenKind.Word)
            {
                return first;
            }
            else if (token.Text is "BEGIN" or "ELSE" or "LOOP" or "EXCEPTION")
            {
                first++;
            }
            else if (token.Text is "IF" or "ELSIF" or "ELSEIF" or "WHEN" or "CASE")
            {
                first = After(tokens, first, end, t => t.IsWord("THEN"));
            }
            else if (token.Text is "FOR" or "FOREACH" or "WHILE")
            {
                first = After(tokens, first, end, t => t.IsWord("LOOP"));
            }
            else if (token.Text == "DECLARE")
            {
                // The first declaration ends at this semicolon; BEGIN follows in a later piece.
                return tokens.FindIndex(first, end - first, t => t.IsWord("BEGIN")) is var begin && begin < 0
                    ? end
                    : begin + 1;
            }
            else
            {
                return first;
            }
        }

        return first;
    }

    private static int After(List<SqlToken> tokens, int first, int end, Func<SqlToken, bool> stop)
    {
        for (var i = first; i < end; i++)
        {
            if (stop(tokens[i]))
            {
                return i + 1;
            }
        }

        return end;
    }

    // EXECUTE 'literal', EXECUTE format('literal', …).
    private static string? Literal(List<SqlToken> tokens, int first, int end)
    {
        var isFormat = false;
        for (var i = first; i < end; i++)
        {
            if (tokens[i].IsWord("FORMAT"))
            {
                isFormat = true;
            }
            else if (tokens[i].Kind == SqlTokenKind.String)
            {
                return isFormat ? Formatted(tokens, i, end) : Concatenated(tokens, i, end);
            }
            else if (!tokens[i].IsSymbol("(") && !tokens[i].IsSymbol(".") && !tokens[i].IsWord("PG_CATALOG"))
            {
                return null;
            }
        }

        return null;
    }

    // 'ALTER TABLE ' || quote_ident(name) || ' ENABLE …': a value that is not known stands as a name of its own.
    private static string Concatenated(List<SqlToken> tokens, int first, int end)
    {
        var text = tokens[first].Text;
        for (var i = first + 1; i < end && tokens[i].IsSymbol("||"); i++)
        {
            if (i + 1 < end && tokens[i + 1].Kind == SqlTokenKind.String)
            {
                text += tokens[i + 1].Text;
                i++;
            }
            else
            {
                text += Unknown;
                while (i + 1 < end && !tokens[i + 1].IsSymbol("||"))
                {
                    if (tokens[i + 1].IsSymbol("("))
                    {
                        i = Math.Max(i + 1, After(tokens, i + 1, end, t => t.IsSymbol(")")) - 1);
                    }
                    else
                    {
                        i++;
                    }
                }
            }
        }

        return text;
    }

    // %I and %s become the argument where it is a literal, else a name of their own; %L becomes a string.
    private static string Formatted(List<SqlToken> tokens, int first, int end)
    {
        var arguments = new List<string>();
        var depth = 0;
        var count = 0;
        for (var i = first + 1; i < end; i++)
        {
            if (tokens[i].IsSymbol(")") && --depth < 0)
            {
                break;
            }

            depth += tokens[i].IsSymbol("(") ? 1 : 0;
            if (tokens[i].IsSymbol(",") && depth == 0)
            {
                arguments.Add("");
                count = 0;
            }
            else if (arguments.Count > 0)
            {
                count++;
                arguments[^1] = count == 1 && tokens[i].Kind == SqlTokenKind.String ? tokens[i].Text : "";
            }
        }

        var pattern = tokens[first].Text;
        var text = new System.Text.StringBuilder();
        var next = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] != '%' || i + 1 == pattern.Length)
            {
                text.Append(pattern[i]);
                continue;
            }

            var verb = i + 1;
            while (verb < pattern.Length && (char.IsDigit(pattern[verb]) || pattern[verb] is '$' or '-'))
            {
                verb++;
            }

            if (verb == pattern.Length)
            {
                break;
            }

            if (pattern[verb] == '%')
            {
                text.Append('%');
            }
            else
            {
                var known = next < arguments.Count && arguments[next].Length > 0 ? arguments[next] : null;
                next++;
                text.Append(
                    pattern[verb] switch
                    {
                        'L' => $"'{(known ?? "…").Replace("'", "''", StringComparison.Ordinal)}'",
                        's' => known ?? Unknown,
                        // Part of a name is a name as well: 'idx_%I'.
                        _ => known is null ? Unknown : ObjectName.Quoted(known),
                    }
                );
            }

            i = verb;
        }

        return text.ToString();
    }
}
