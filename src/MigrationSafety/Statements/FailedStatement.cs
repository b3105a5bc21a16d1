namespace MigrationSafety.Statements;

/// <summary>
/// Finds which statement of a script PostgreSQL's position belongs to. Npgsql sends the statements one by one; the position counts from
/// the start of the failed one, and nothing says which one that was.
/// </summary>
internal static class FailedStatement
{
    /// <summary>The position in the whole script, from 1; 0 when it cannot be told.</summary>
    /// <param name="sql">The script.</param>
    /// <param name="position">PostgreSQL's position in one of its statements, from 1.</param>
    /// <param name="message">PostgreSQL's message, which usually repeats the word it points at.</param>
    public static int PositionInScript(string sql, int position, string message)
    {
        if (position < 1)
        {
            return 0;
        }

        var statements = SqlScanner.Split(sql);
        if (statements.Count == 1)
        {
            // Npgsql cuts a lone statement no more than we do, but keeps what stands before it.
            return position <= sql.Length ? position : 0;
        }

        var pointedAt = statements
            .Select((statement, i) => StartAsSent(sql, statements, i) + position)
            .Where((at, i) => at > statements[i].Start && at <= statements[i].Start + statements[i].Text.Length)
            .Where(at =>
            {
                var (start, end) = SqlScanner.NextToken(sql, at - 1);
                return start == at - 1
                    && message.Contains(sql[start..end].Trim('"', '\''), StringComparison.OrdinalIgnoreCase);
            })
            .ToList();
        return pointedAt is [var only] ? only : 0;
    }

    // Npgsql cuts behind the semicolon and skips white space, so comments before a statement are sent with it.
    private static int StartAsSent(string sql, IReadOnlyList<SqlStatement> statements, int index)
    {
        if (index == 0)
        {
            return 0;
        }

        var previous = statements[index - 1];
        var start = sql.IndexOf(';', previous.Start + previous.Text.Length) + 1;
        while (start < sql.Length && char.IsWhiteSpace(sql[start]))
        {
            start++;
        }

        return start;
    }
}
