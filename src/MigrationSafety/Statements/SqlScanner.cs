namespace MigrationSafety.Statements;

/// <summary>One statement of a script, with what stands at its start.</summary>
/// <param name="Text">The statement without comments before it and without the semicolon.</param>
/// <param name="Start">Where it starts in the script, in characters from 0.</param>
/// <param name="Tokens">Its first tokens: words in upper case, quoted names as written, symbols one by one.</param>
internal sealed record SqlStatement(string Text, int Start, IReadOnlyList<string> Tokens);

/// <summary>Splits SQL into statements by PostgreSQL's lexical rules: strings, quoted names, dollar quotes, nested comments.</summary>
internal static class SqlScanner
{
    // Enough for CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "a" ON ONLY "b"."c".
    private const int TokensKept = 24;

    public static IReadOnlyList<SqlStatement> Split(string sql)
    {
        var statements = new List<SqlStatement>();
        var tokens = new List<string>();
        var start = -1;
        var end = 0;
        var depth = 0;
        var atomic = false;
        var cases = 0;
        for (var (i, next) = NextToken(sql, 0); i < sql.Length; (i, next) = NextToken(sql, next))
        {
            var c = sql[i];
            // A command of psql, to the end of its line; behind a statement (\gexec) it ends that as well.
            if (c == '\\' && depth == 0)
            {
                Flush();
                next = AfterLine(sql, i);
                continue;
            }

            // CREATE FUNCTION … BEGIN ATOMIC …; …; END holds semicolons of its own.
            // CREATE RULE … DO (…; …) does too; in any other statement an open parenthesis is a mistake that ends with it.
            if (c == ';' && !atomic && (depth == 0 || !tokens.Contains("RULE")))
            {
                next =
                    tokens is ["COPY", ..] && ReadsStandardInput(sql[start..end]) ? AfterCopiedRows(sql, next) : next;
                Flush();
                continue;
            }

            start = start < 0 ? i : start;
            end = next;
            depth +=
                c == '(' ? 1
                : c == ')' && depth > 0 ? -1
                : 0;
            var token = char.IsLetter(c) || c == '_' ? sql[i..next].ToUpperInvariant() : sql[i..next];
            atomic = token switch
            {
                "ATOMIC" when tokens.Count > 0 && FollowsBegin(sql, i) => true,
                "END" when atomic && cases == 0 => false,
                _ => atomic,
            };
            cases +=
                atomic && token == "CASE" ? 1
                : atomic && token == "END" && cases > 0 ? -1
                : 0;
            if (tokens.Count < TokensKept)
            {
                tokens.Add(token);
            }
        }

        Flush();
        return statements;

        void Flush()
        {
            if (start >= 0)
            {
                statements.Add(new SqlStatement(sql[start..end], start, tokens));
            }

            (tokens, start, depth, atomic, cases) = ([], -1, 0, false, 0);
        }

        static bool FollowsBegin(string text, int at) =>
            text[..at].TrimEnd().EndsWith("BEGIN", StringComparison.OrdinalIgnoreCase);
    }

    private static int AfterLine(string sql, int position)
    {
        var newline = sql.IndexOf('\n', position);
        return newline < 0 ? sql.Length : newline + 1;
    }

    private static bool ReadsStandardInput(string copy)
    {
        var reader = new TokenReader(copy);
        while (reader.Peek().Length > 0)
        {
            if (reader.Take("FROM"))
            {
                return reader.Take("STDIN");
            }

            reader.Next();
        }

        return false;
    }

    // The rows that pg_dump writes behind COPY … FROM stdin, up to the line \. or, where that is missing, none.
    private static int AfterCopiedRows(string sql, int position)
    {
        for (var line = AfterLine(sql, position); line < sql.Length; line = AfterLine(sql, line))
        {
            if (
                sql.AsSpan(line).StartsWith("\\.")
                && sql.AsSpan(line + 2, AfterLine(sql, line) - line - 2).IsWhiteSpace()
            )
            {
                return AfterLine(sql, line);
            }
        }

        return position;
    }

    /// <summary>The next token from a position on; empty, at the end of the text, when there is none.</summary>
    public static (int Start, int End) NextToken(string sql, int position)
    {
        for (var i = position; i < sql.Length; )
        {
            if (char.IsWhiteSpace(sql[i]))
            {
                i++;
            }
            else if (sql[i] == '-' && Next(sql, i) == '-')
            {
                var newline = sql.IndexOf('\n', i);
                i = newline < 0 ? sql.Length : newline + 1;
            }
            else if (sql[i] == '/' && Next(sql, i) == '*')
            {
                i = AfterComment(sql, i);
            }
            else
            {
                return (i, AfterToken(sql, i));
            }
        }

        return (sql.Length, sql.Length);
    }

    private static char Next(string sql, int i) => i + 1 < sql.Length ? sql[i + 1] : '\0';

    private static int AfterComment(string sql, int i)
    {
        var depth = 0;
        while (i < sql.Length)
        {
            if (sql[i] == '/' && Next(sql, i) == '*')
            {
                depth++;
                i += 2;
            }
            else if (sql[i] == '*' && Next(sql, i) == '/')
            {
                depth--;
                i += 2;
                if (depth == 0)
                {
                    return i;
                }
            }
            else
            {
                i++;
            }
        }

        return i;
    }

    private static int AfterToken(string sql, int i)
    {
        var c = sql[i];
        if (c is '\'' or '"')
        {
            return AfterQuoted(sql, i, c, escapes: false);
        }

        if (c is 'E' or 'e' && Next(sql, i) == '\'')
        {
            return AfterQuoted(sql, i + 1, '\'', escapes: true);
        }

        if (c == '$' && DollarTag(sql, i) is { } tag)
        {
            var close = sql.IndexOf(tag, i + tag.Length, StringComparison.Ordinal);
            return close < 0 ? sql.Length : close + tag.Length;
        }

        if (!IsOfWord(c))
        {
            return i + 1;
        }

        while (i < sql.Length && (IsOfWord(sql[i]) || sql[i] == '$'))
        {
            i++;
        }

        return i;
    }

    // To PostgreSQL everything beyond ASCII is a letter.
    private static bool IsOfWord(char c) =>
        char.IsAsciiLetterOrDigit(c) || c == '_' || (c > '\x7f' && !char.IsWhiteSpace(c));

    private static int AfterQuoted(string sql, int i, char quote, bool escapes)
    {
        for (i++; i < sql.Length; i++)
        {
            if (escapes && sql[i] == '\\')
            {
                i++;
            }
            else if (sql[i] == quote)
            {
                if (Next(sql, i) != quote)
                {
                    return i + 1;
                }

                i++;
            }
        }

        return sql.Length;
    }

    // $$ or $tag$; a tag is a name, so $1 is none.
    private static string? DollarTag(string sql, int i)
    {
        var j = i + 1;
        while (j < sql.Length && (char.IsLetter(sql[j]) || sql[j] == '_' || (j > i + 1 && char.IsDigit(sql[j]))))
        {
            j++;
        }

        return j < sql.Length && sql[j] == '$' ? sql[i..(j + 1)] : null;
    }
}
