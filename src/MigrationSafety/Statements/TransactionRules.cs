namespace MigrationSafety.Statements;

/// <summary>How a statement gets along with transactions.</summary>
internal static class TransactionRules
{
    /// <summary>
    /// Whether PostgreSQL is known to refuse it inside a transaction block. What is not known here is found out by PostgreSQL's own
    /// error (25001, or 2D000 for a COMMIT inside CALL or DO).
    /// </summary>
    public static bool MustRunAlone(SqlStatement statement) =>
        statement.Tokens switch
        {
            ["VACUUM", ..] or ["CREATE" or "DROP", "DATABASE" or "TABLESPACE", ..] or ["ALTER", "SYSTEM", ..] => true,
            ["CREATE", "INDEX", "CONCURRENTLY", ..] or ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY", ..] => true,
            ["DROP", "INDEX", "CONCURRENTLY", ..] => true,
            ["REINDEX", ..] => statement.Tokens.Contains("CONCURRENTLY"),
            ["ALTER", "TABLE", ..] => statement.Tokens.Contains("DETACH") && statement.Tokens.Contains("CONCURRENTLY"),
            ["DO", ..] => CommitsByItself(statement.Text),
            _ => IsTransactionControl(statement),
        };

    /// <summary>Whether it begins, commits or rolls back a transaction by itself.</summary>
    public static bool IsTransactionControl(SqlStatement statement) =>
        statement.Tokens switch
        {
            ["BEGIN" or "COMMIT" or "END" or "ABORT", ..]
            or ["START", "TRANSACTION", ..]
            or ["PREPARE", "TRANSACTION", ..] => true,
            ["ROLLBACK", ..] => !statement.Tokens.Contains("TO"),
            _ => false,
        };

    /// <summary>
    /// Whether it waits for others without making anyone wait behind it: its lock (ShareUpdateExclusive) lets readers and writers pass, so
    /// a lock time-out would only break off a long build and leave an invalid index.
    /// </summary>
    public static bool WaitsWithoutBlocking(SqlStatement statement) =>
        statement.Tokens switch
        {
            ["ALTER", "TABLE", ..] when Validates(statement) => true,
            ["CREATE" or "DROP" or "REINDEX" or "ALTER", ..] => statement.Tokens.Contains("CONCURRENTLY"),
            ["VACUUM", ..] => !statement.Tokens.Contains("FULL"),
            _ => false,
        };

    /// <summary>Whether it only looks at rows for a constraint that holds for new ones already.</summary>
    public static bool Validates(SqlStatement statement) =>
        statement.Tokens is ["ALTER", "TABLE", ..]
        && statement.Tokens.Contains("VALIDATE")
        && !statement.Tokens.Contains(",");

    // The block's body is one token, a string; what stands in it is SQL again.
    private static bool CommitsByItself(string block)
    {
        var outer = new TokenReader(block);
        for (var token = outer.Next(); token.Length > 0; token = outer.Next())
        {
            if (token[0] != '$' || token.IndexOf('$', 1) is not (> 0 and var end))
            {
                continue;
            }

            var body = new TokenReader(token[(end + 1)..^Math.Min(end + 1, token.Length - end - 1)]);
            for (var word = body.Next(); word.Length > 0; word = body.Next())
            {
                if (word.Equals("COMMIT", StringComparison.OrdinalIgnoreCase) && body.Peek() == ";")
                {
                    return true;
                }
            }
        }

        return false;
    }
}
