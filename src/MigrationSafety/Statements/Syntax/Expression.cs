using MigrationSafety.Statements.Lexing;

namespace MigrationSafety.Statements.Syntax;

/// <summary>An expression, not taken apart further than into tokens.</summary>
/// <param name="Text">As written.</param>
/// <param name="Tokens">Its tokens.</param>
internal sealed record Expression(string Text, IReadOnlyList<SqlToken> Tokens)
{
    /// <summary>Whether it is the word NULL, with or without a cast.</summary>
    public bool IsNull =>
        Tokens is [{ Kind: SqlTokenKind.Word, Text: "NULL" }, ..] && (Tokens.Count == 1 || Tokens[1].IsSymbol("::"));

    /// <summary>Whether it is the constant true.</summary>
    public bool IsTrue
    {
        get
        {
            var bare = Tokens.Where(t => !t.IsSymbol("(") && !t.IsSymbol(")")).ToList();
            return bare
                is [{ Kind: SqlTokenKind.Word, Text: "TRUE" }]
                    or [
                        { Kind: SqlTokenKind.Number, Text: "1" },
                        { Text: "=" },
                        { Kind: SqlTokenKind.Number, Text: "1" },
                    ];
        }
    }

    /// <summary>The functions it calls: names before an opening parenthesis, with the schema if one is written, in lower case.</summary>
    public IEnumerable<ObjectName> Calls()
    {
        for (var i = 0; i + 1 < Tokens.Count; i++)
        {
            if (!Tokens[i].IsName || !Tokens[i + 1].IsSymbol("(") || NoCalls.Contains(Tokens[i].Text))
            {
                continue;
            }

            // A type with a modifier: ::varchar(20).
            if (i > 0 && Tokens[i - 1].IsSymbol("::"))
            {
                continue;
            }

            yield return i >= 2 && Tokens[i - 1].IsSymbol(".") && Tokens[i - 2].IsName
                ? new ObjectName(Tokens[i - 2].Name, Tokens[i].Name)
                : new ObjectName(null, Tokens[i].Name);
        }
    }

    /// <summary>Whether a word or a name stands in it.</summary>
    public bool Names(string name) => Tokens.Any(t => t.IsName && t.Name == name);

    /// <summary>The two compared without white space and parentheses, as PostgreSQL's own spelling adds both.</summary>
    public bool SaysTheSame(Expression other) => Bare(Tokens).SequenceEqual(Bare(other.Tokens));

    private static IEnumerable<string> Bare(IReadOnlyList<SqlToken> tokens) =>
        tokens.Where(t => !t.IsSymbol("(") && !t.IsSymbol(")")).Select(t => t.IsName ? t.Name : t.Text);

    private static readonly HashSet<string> NoCalls =
    [
        "IN",
        "AND",
        "OR",
        "NOT",
        "ANY",
        "ALL",
        "SOME",
        "EXISTS",
        "VALUES",
        "ARRAY",
        "ROW",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "SELECT",
        "FROM",
        "WHERE",
        "ON",
        "CONFLICT",
        "USING",
        "AS",
        "OVER",
        "FILTER",
        "WITHIN",
        "BY",
        "IS",
        "LIKE",
        "ILIKE",
        "BETWEEN",
        "DISTINCT",
        "CHECK",
        "JOIN",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "HAVING",
        "LIMIT",
        "OFFSET",
        "WITH",
        "LATERAL",
        "VARCHAR",
        "CHARACTER",
        "VARYING",
        "CHAR",
        "NUMERIC",
        "DECIMAL",
        "INTERVAL",
        "TIMESTAMP",
        "TIME",
        "BIT",
        "FLOAT",
    ];
}
