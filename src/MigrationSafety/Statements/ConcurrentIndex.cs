namespace MigrationSafety.Statements;

/// <summary>CREATE INDEX CONCURRENTLY, taken apart as far as making it repeatable needs.</summary>
/// <param name="Index">The index's name as it is in the catalogs.</param>
/// <param name="Table">The table as it is written in SQL, with its schema if that is written.</param>
/// <param name="Before">The statement up to the table's name, without CONCURRENTLY and IF NOT EXISTS.</param>
/// <param name="After">The statement from behind the table's name.</param>
internal sealed record ConcurrentIndex(string Index, string Table, string Before, string After)
{
    /// <summary>Reads a statement; null when it is another one, or one without a name.</summary>
    public static ConcurrentIndex? Parse(SqlStatement statement)
    {
        if (
            statement.Tokens
            is not (["CREATE", "INDEX", "CONCURRENTLY", ..] or ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY", ..])
        )
        {
            return null;
        }

        var reader = new TokenReader(statement.Text);
        reader.Take("CREATE");
        var unique = reader.Take("UNIQUE");
        reader.Take("INDEX");
        reader.Take("CONCURRENTLY");
        if (reader.Take("IF"))
        {
            reader.Take("NOT");
            reader.Take("EXISTS");
        }

        if (reader.Peek().ToUpperInvariant() == "ON")
        {
            return null;
        }

        var index = reader.Next();
        if (!reader.Take("ON"))
        {
            return null;
        }

        reader.Take("ONLY");
        var table = reader.Next();
        if (reader.Peek() == ".")
        {
            table += reader.Next() + reader.Next();
        }

        return new ConcurrentIndex(
            NameOf(index),
            table,
            $"CREATE {(unique ? "UNIQUE " : "")}INDEX {index} ON ",
            statement.Text[reader.Position..]
        );
    }

    /// <summary>The name in the catalogs: quoted ones as they are, others folded to lower case.</summary>
    public static string NameOf(string written) =>
        written.StartsWith('"') ? written[1..^1].Replace("\"\"", "\"") : written.ToLowerInvariant();
}
