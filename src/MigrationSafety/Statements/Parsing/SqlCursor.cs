using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.Parsing;

/// <summary>Something else stands there than the grammar says. Never leaves the parser.</summary>
internal sealed class UnexpectedTokenException(string message) : Exception(message);

/// <summary>Reads tokens one after the other.</summary>
internal sealed class SqlCursor(string sql, IReadOnlyList<SqlToken> tokens)
{
    private static readonly SqlToken Nothing = new(SqlTokenKind.End, "", 0, 0);

    /// <summary>The text that the tokens' positions are in.</summary>
    public string Sql => sql;

    /// <summary>The index of the next token.</summary>
    public int At { get; set; }

    public bool IsAtEnd => At >= tokens.Count;

    public SqlToken Peek(int ahead = 0) => At + ahead < tokens.Count ? tokens[At + ahead] : Nothing;

    public SqlToken Next()
    {
        var token = Peek();
        At++;
        return token;
    }

    public bool Sees(params ReadOnlySpan<string> words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            if (!Peek(i).IsWord(words[i]))
            {
                return false;
            }
        }

        return true;
    }

    public bool SeesAny(params ReadOnlySpan<string> words) =>
        Peek() is { Kind: SqlTokenKind.Word, Text: var text } && words.Contains(text);

    public bool SeesSymbol(string symbol) => Peek().IsSymbol(symbol);

    /// <summary>Reads these words if all of them come next.</summary>
    public bool Take(params ReadOnlySpan<string> words)
    {
        if (!Sees(words))
        {
            return false;
        }

        At += words.Length;
        return true;
    }

    /// <summary>Reads one of these words, or nothing.</summary>
    public string? TakeAny(params ReadOnlySpan<string> words) => SeesAny(words) ? Next().Text : null;

    public bool TakeSymbol(string symbol)
    {
        if (!SeesSymbol(symbol))
        {
            return false;
        }

        At++;
        return true;
    }

    public void Expect(params ReadOnlySpan<string> words)
    {
        if (!Take(words))
        {
            throw Unexpected(string.Join(' ', words!));
        }
    }

    public void ExpectSymbol(string symbol)
    {
        if (!TakeSymbol(symbol))
        {
            throw Unexpected(symbol);
        }
    }

    public UnexpectedTokenException Unexpected(string expected) =>
        new($"expected {expected}, found {(IsAtEnd ? "the end" : sql[Peek().Start..Peek().End])}");

    public bool TakeIfExists() => Take("IF", "EXISTS");

    public bool TakeIfNotExists() => Take("IF", "NOT", "EXISTS");

    /// <summary>A name, as it is in the catalogs.</summary>
    public string Name() => Peek().IsName ? Next().Name : throw Unexpected("a name");

    /// <summary>A name with or without a schema; of three parts, the database's is left out.</summary>
    public ObjectName ObjectName()
    {
        string? schema = null;
        var name = Name();
        while (SeesSymbol(".") && Peek(1).IsName)
        {
            At++;
            (schema, name) = (name, Name());
        }

        return new ObjectName(schema, name);
    }

    /// <summary>Names divided by commas; a star behind a table's name is skipped.</summary>
    public List<ObjectName> ObjectNames()
    {
        var names = new List<ObjectName>();
        do
        {
            Take("ONLY");
            names.Add(ObjectName());
            TakeSymbol("*");
        } while (TakeSymbol(","));

        return names;
    }

    /// <summary>Names in parentheses.</summary>
    public List<string> NamesInParentheses()
    {
        var names = new List<string>();
        ExpectSymbol("(");
        while (!IsAtEnd && !TakeSymbol(")"))
        {
            names.Add(Name());
            // (period PERIOD), (a WITHOUT OVERLAPS): what stands behind the name does not matter here.
            while (!IsAtEnd && !SeesSymbol(",") && !SeesSymbol(")"))
            {
                At++;
            }

            TakeSymbol(",");
        }

        return names;
    }

    public string String()
    {
        if (Peek().Kind != SqlTokenKind.String)
        {
            throw Unexpected("a string");
        }

        var text = Next().Text;
        // Strings on lines of their own are one string.
        while (
            Peek().Kind == SqlTokenKind.String && sql.AsSpan(Peek(-1).End, Peek().Start - Peek(-1).End).Contains('\n')
        )
        {
            text += Next().Text;
        }

        return text;
    }

    /// <summary>What stands in the parentheses that come next, which are read as well.</summary>
    public Expression InParentheses()
    {
        if (!SeesSymbol("("))
        {
            throw Unexpected("(");
        }

        var first = At + 1;
        SkipParentheses();
        return Between(first, At - 1);
    }

    public void SkipParentheses()
    {
        var depth = 0;
        do
        {
            var token = Next();
            depth +=
                token.IsSymbol("(") ? 1
                : token.IsSymbol(")") ? -1
                : 0;
        } while (depth > 0 && !IsAtEnd);
    }

    /// <summary>Everything up to a token, outside of parentheses, that <paramref name="stop"/> says is no part of it.</summary>
    public Expression Until(Func<SqlToken, bool> stop)
    {
        var first = At;
        var depth = 0;
        var cases = 0;
        while (!IsAtEnd)
        {
            var token = Peek();
            if (token.IsSymbol("(") || token.IsSymbol("["))
            {
                depth++;
            }
            else if (token.IsSymbol(")") || token.IsSymbol("]"))
            {
                if (depth == 0)
                {
                    break;
                }

                depth--;
            }
            else if (depth == 0 && cases == 0 && At > first && stop(token))
            {
                break;
            }
            else if (token.IsWord("CASE"))
            {
                cases++;
            }
            else if (token.IsWord("END") && cases > 0)
            {
                cases--;
            }

            At++;
        }

        return Between(first, At);
    }

    /// <summary>Everything up to the end, or up to one of these words outside of parentheses.</summary>
    public Expression UntilWord(params string[] words) =>
        Until(token => token.Kind == SqlTokenKind.Word && words.Contains(token.Text));

    /// <summary>Skips up to one of these words outside of parentheses, if it does not come at once.</summary>
    public void UntilWordOrHere(params string[] words)
    {
        if (!SeesAny(words))
        {
            UntilWord(words);
        }
    }

    /// <summary>Everything up to the next comma, or closing parenthesis, outside of parentheses.</summary>
    public Expression UntilComma() => Until(token => token.IsSymbol(","));

    /// <summary>Everything up to the end.</summary>
    public Expression Rest()
    {
        var first = At;
        At = Math.Max(At, tokens.Count);
        return Between(first, tokens.Count);
    }

    public Expression Between(int first, int end)
    {
        end = Math.Min(end, tokens.Count);
        return first >= end
            ? new Expression("", [])
            : new Expression(sql[tokens[first].Start..tokens[end - 1].End], [.. tokens.Skip(first).Take(end - first)]);
    }

    /// <summary>A type.</summary>
    public SqlType Type()
    {
        Take("SETOF");
        string name;
        var modifiers = new List<string>();
        if (Peek().Kind == SqlTokenKind.QuotedName || Peek(1).IsSymbol("."))
        {
            var written = ObjectName();
            name = written switch
            {
                // "char" in quotes is a type of its own, of one byte.
                { Schema: null or "pg_catalog", Name: "char" } => "\"char\"",
                { Schema: "pg_catalog" } => written.Name,
                _ => written.ToString(),
            };
            name = written.Schema == "pg_catalog" ? SqlType.Canonical(name) : name;
        }
        else if (Take("DOUBLE"))
        {
            Take("PRECISION");
            name = "double precision";
        }
        else if (Take("NATIONAL"))
        {
            Next();
            name = Take("VARYING") ? "character varying" : "character";
        }
        else if (SeesAny("CHARACTER", "CHAR", "NCHAR", "BIT"))
        {
            var bits = Next().Text == "BIT";
            var varying = Take("VARYING");
            name = bits ? (varying ? "bit varying" : "bit") : (varying ? "character varying" : "character");
        }
        else
        {
            name = Name();
        }

        Modifiers(modifiers);
        if (name is "timestamp" or "time")
        {
            name += Take("WITH", "TIME", "ZONE") ? " with time zone" : " without time zone";
            Take("WITHOUT", "TIME", "ZONE");
        }
        else if (name == "interval")
        {
            while (TakeAny("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TO") is not null) { }

            Modifiers(modifiers);
        }
        else if (name == "float" && modifiers is [var precision])
        {
            (name, modifiers) = (int.TryParse(precision, out var bits) && bits <= 24 ? "real" : "double precision", []);
        }

        name = SqlType.Canonical(name);
        // char is char(1); bpchar alone is without a limit, and rare.
        if (name is "character" or "bit" && modifiers.Count == 0)
        {
            modifiers.Add("1");
        }

        if (name == "numeric" && modifiers.Count == 1)
        {
            modifiers.Add("0");
        }

        if (SeesSymbol("%") || (SeesSymbol(".") && Peek(1).IsName))
        {
            // column%TYPE
            while (!IsAtEnd && !Take("TYPE"))
            {
                At++;
            }
        }

        var array = false;
        while (true)
        {
            if (TakeSymbol("["))
            {
                array = true;
                while (!IsAtEnd && !TakeSymbol("]"))
                {
                    At++;
                }
            }
            else if (Take("ARRAY"))
            {
                array = true;
            }
            else
            {
                return new SqlType(name, modifiers, array);
            }
        }
    }

    private void Modifiers(List<string> modifiers)
    {
        if (!SeesSymbol("("))
        {
            return;
        }

        At++;
        while (!IsAtEnd && !TakeSymbol(")"))
        {
            modifiers.Add(UntilComma().Text.ToLowerInvariant());
            TakeSymbol(",");
        }
    }

    /// <summary>(name = value, …) in lower case; a name without a value is true.</summary>
    public Dictionary<string, string> Options()
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        ExpectSymbol("(");
        while (!IsAtEnd && !TakeSymbol(")"))
        {
            var name = Name();
            while (TakeSymbol("."))
            {
                name += "." + Name();
            }

            TakeSymbol("=");
            var value = SeesSymbol(",") || SeesSymbol(")") ? new Expression("true", []) : UntilComma();
            options[name] = value.Text.Trim('\'').ToLowerInvariant();
            TakeSymbol(",");
        }

        return options;
    }
}
