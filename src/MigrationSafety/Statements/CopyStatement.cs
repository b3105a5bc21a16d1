namespace MigrationSafety.Statements;

/// <summary>A COPY, by where its rows come from or go to.</summary>
/// <param name="IsFrom">Whether it reads.</param>
/// <param name="Where">STDIN, STDOUT, PROGRAM, or a file's name as written.</param>
internal sealed record CopyStatement(bool IsFrom, string Where)
{
    public bool IsProgram => Is("PROGRAM");

    public bool IsFile => !IsProgram && !IsOfClient;

    /// <summary>Whether the rows go between the server and the program that sent the statement.</summary>
    public bool IsOfClient => Is("STDIN") || Is("STDOUT");

    public static CopyStatement? Of(SqlStatement statement)
    {
        if (statement.Tokens is not ["COPY", ..])
        {
            return null;
        }

        // The query in COPY (…) TO has a FROM of its own.
        var depth = 0;
        for (var reader = new TokenReader(statement.Text); reader.Peek().Length > 0; )
        {
            if (depth == 0 && (reader.Take("FROM") || reader.Take("TO")))
            {
                return new CopyStatement(
                    statement.Text[..reader.Position].EndsWith("FROM", StringComparison.OrdinalIgnoreCase),
                    reader.Next()
                );
            }

            depth += reader.Next() switch
            {
                "(" => 1,
                ")" => -1,
                _ => 0,
            };
        }

        return null;
    }

    private bool Is(string word) => Where.Equals(word, StringComparison.OrdinalIgnoreCase);
}
