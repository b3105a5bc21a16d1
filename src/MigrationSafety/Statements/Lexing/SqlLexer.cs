using System.Globalization;
using System.Text;

namespace MigrationSafety.Statements.Lexing;

/// <summary>Takes SQL apart into tokens by PostgreSQL's lexical rules.</summary>
internal static class SqlLexer
{
    private const string OperatorCharacters = "+-*/<>=~!@#%^&|`?";

    public static List<SqlToken> Read(string sql)
    {
        var tokens = new List<SqlToken>();
        for (var (start, end) = SqlScanner.NextToken(sql, 0); start < sql.Length; )
        {
            var token = Read(sql, start, end);
            tokens.Add(token);
            (start, end) = SqlScanner.NextToken(sql, token.End);
        }

        return tokens;
    }

    private static SqlToken Read(string sql, int start, int end)
    {
        var c = sql[start];
        return c switch
        {
            '\'' => new(SqlTokenKind.String, Doubled(sql, start, end, '\''), start, end),
            '"' => new(SqlTokenKind.QuotedName, Doubled(sql, start, end, '"'), start, end),
            '$' when end > start + 1 => new(SqlTokenKind.String, DollarQuoted(sql, start, end), start, end),
            '$' => Parameter(sql, start),
            'E' or 'e' when end > start + 1 && sql[start + 1] == '\'' => new(
                SqlTokenKind.String,
                Escaped(sql, start + 1, end),
                start,
                end
            ),
            'U'
            or 'u' when end == start + 1 && end + 1 < sql.Length && sql[end] == '&' && sql[end + 1] is '\'' or '"' =>
                Unicode(sql, start),
            'N' or 'n' or 'B' or 'b' or 'X' or 'x' when end == start + 1 && end < sql.Length && sql[end] == '\'' =>
                Prefixed(sql, start, end),
            _ when char.IsAsciiDigit(c) || (c == '.' && end < sql.Length && char.IsDigit(sql[end])) => Number(
                sql,
                start
            ),
            _ when char.IsAsciiLetter(c) || c == '_' || c > '\x7f' => new(
                SqlTokenKind.Word,
                sql[start..end].ToUpperInvariant(),
                start,
                end
            ),
            _ => Symbol(sql, start),
        };
    }

    private static SqlToken Symbol(string sql, int start)
    {
        var c = sql[start];
        if (c == ':')
        {
            var after = start + 1 < sql.Length ? sql[start + 1] : '\0';
            if (after is ':' or '=')
            {
                return new(SqlTokenKind.Symbol, sql[start..(start + 2)], start, start + 2);
            }

            // A variable of psql: :name, :"name", :'value'.
            if (after is '\'' or '"' || char.IsLetter(after) || after == '_')
            {
                var (_, end) = SqlScanner.NextToken(sql, start + 1);
                return new(after == '\'' ? SqlTokenKind.String : SqlTokenKind.QuotedName, sql[start..end], start, end);
            }
        }

        if (c == '.' && start + 1 < sql.Length && sql[start + 1] == '.')
        {
            return new(SqlTokenKind.Symbol, "..", start, start + 2);
        }

        if (!OperatorCharacters.Contains(c))
        {
            return new(SqlTokenKind.Symbol, c.ToString(), start, start + 1);
        }

        var behind = start + 1;
        while (
            behind < sql.Length
            && OperatorCharacters.Contains(sql[behind])
            && string.CompareOrdinal(sql, behind, "--", 0, 2) != 0
            && string.CompareOrdinal(sql, behind, "/*", 0, 2) != 0
        )
        {
            behind++;
        }

        // PostgreSQL ends an operator before a sign, unless it holds one of these characters: "=-1" is two tokens.
        while (
            behind > start + 1
            && sql[behind - 1] is '+' or '-'
            && !sql.AsSpan(start, behind - start).ContainsAny("~!@#%^&|`?")
        )
        {
            behind--;
        }

        return new(SqlTokenKind.Symbol, sql[start..behind], start, behind);
    }

    private static SqlToken Number(string sql, int start)
    {
        var end = start;
        while (end < sql.Length && (char.IsLetterOrDigit(sql[end]) || sql[end] is '_' or '.'))
        {
            if (sql[end] == '.' && end + 1 < sql.Length && sql[end + 1] == '.')
            {
                break;
            }

            if (sql[end] is 'e' or 'E' && end + 1 < sql.Length && sql[end + 1] is '+' or '-')
            {
                end++;
            }

            end++;
        }

        return new(SqlTokenKind.Number, sql[start..end], start, end);
    }

    private static SqlToken Parameter(string sql, int start)
    {
        var end = start + 1;
        while (end < sql.Length && char.IsLetterOrDigit(sql[end]))
        {
            end++;
        }

        return new(SqlTokenKind.Symbol, sql[start..end], start, end);
    }

    private static SqlToken Prefixed(string sql, int start, int quote)
    {
        var (_, end) = SqlScanner.NextToken(sql, quote);
        return new(SqlTokenKind.String, Doubled(sql, quote, end, '\''), start, end);
    }

    private static SqlToken Unicode(string sql, int start)
    {
        var quote = sql[start + 2];
        var (_, end) = SqlScanner.NextToken(sql, start + 2);
        var written = Doubled(sql, start + 2, end, quote);
        var text = new StringBuilder();
        for (var i = 0; i < written.Length; i++)
        {
            if (written[i] != '\\')
            {
                text.Append(written[i]);
                continue;
            }

            var digits =
                i + 1 < written.Length && written[i + 1] == '+' ? (From: i + 2, Count: 6) : (From: i + 1, Count: 4);
            if (
                digits.From + digits.Count <= written.Length
                && int.TryParse(
                    written.AsSpan(digits.From, digits.Count),
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture,
                    out var code
                )
                && Rune.IsValid(code)
            )
            {
                text.Append(new Rune(code).ToString());
                i = digits.From + digits.Count - 1;
            }
            else
            {
                text.Append('\\');
                i += i + 1 < written.Length && written[i + 1] == '\\' ? 1 : 0;
            }
        }

        return new(quote == '"' ? SqlTokenKind.QuotedName : SqlTokenKind.String, text.ToString(), start, end);
    }

    private static string Doubled(string sql, int start, int end, char quote)
    {
        var last = end - start >= 2 && sql[end - 1] == quote ? end - 1 : end;
        return sql[(start + 1)..last].Replace(new string(quote, 2), quote.ToString(), StringComparison.Ordinal);
    }

    private static string DollarQuoted(string sql, int start, int end)
    {
        var tag = sql.IndexOf('$', start + 1) + 1 - start;
        return end - start >= 2 * tag ? sql[(start + tag)..(end - tag)] : sql[(start + tag)..end];
    }

    private static string Escaped(string sql, int start, int end)
    {
        var written = Doubled(sql, start, end, '\'');
        var text = new StringBuilder(written.Length);
        for (var i = 0; i < written.Length; i++)
        {
            if (written[i] == '\\' && i + 1 < written.Length)
            {
                i++;
                text.Append(
                    written[i] switch
                    {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        var other => other,
                    }
                );
            }
            else
            {
                text.Append(written[i]);
            }
        }

        return text.ToString();
    }
}
