namespace MigrationSafety.Execution;

/// <summary>
/// A condition of a command that runs outside a transaction, as its first line: <c>-- only where: SELECT …</c>. In a transaction a
/// migration asks in a DO block; outside of one SQL has no IF. Where the SQL is run by hand, it is a comment.
/// </summary>
internal static class OnlyWhere
{
    private const string Mark = "-- only where: ";

    /// <summary>Whether the command has a condition.</summary>
    public static bool Has(string sql) => sql.AsSpan().TrimStart().StartsWith(Mark, StringComparison.Ordinal);

    /// <summary>Whether the command's condition holds; true where it has none.</summary>
    public static async ValueTask<bool> HoldsAsync(Session session, string sql)
    {
        if (!Has(sql))
        {
            return true;
        }

        var line = sql.AsSpan().TrimStart()[Mark.Length..];
        var end = line.IndexOfAny('\r', '\n');
        return await session.ScalarAsync<bool>((end < 0 ? line : line[..end]).ToString()).ConfigureAwait(false);
    }
}
