namespace MigrationSafety.Statements;

/// <summary>Reads a statement token by token.</summary>
internal sealed class TokenReader(string sql)
{
    /// <summary>Where the next token is looked for.</summary>
    public int Position { get; private set; }

    /// <summary>The next token as written, or "" at the end.</summary>
    public string Peek()
    {
        var (start, end) = SqlScanner.NextToken(sql, Position);
        return sql[start..end];
    }

    /// <summary>Reads the next token as written, or "" at the end.</summary>
    public string Next()
    {
        var (start, end) = SqlScanner.NextToken(sql, Position);
        Position = end;
        return sql[start..end];
    }

    /// <summary>Reads the next token if it is this word, in any case.</summary>
    public bool Take(string word)
    {
        var (start, end) = SqlScanner.NextToken(sql, Position);
        if (!sql[start..end].Equals(word, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        Position = end;
        return true;
    }
}
