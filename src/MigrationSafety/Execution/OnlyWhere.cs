namespace MigrationSafety.Execution;

/// <summary>
/// A condition of a command that runs outside a transaction, as its first line: <c>-- only where: SELECT …</c>. In a transaction a
/// migration asks in a DO block; outside of one SQL has no IF. Where the SQL is run by hand, it is a comment.
/// </summary>
internal static class OnlyWhere
{
    private const string Mark = "-- only where: ";

    public static async ValueTask<bool> HoldsAsync(Session session, string sql)
    {
        var start = sql.AsSpan().TrimStart();
        if (!start.StartsWith(Mark, StringComparison.Ordinal))
        {
            return true;
        }

        var line = start[Mark.Length..];
        var end = line.IndexOfAny('\r', '\n');
        return await session.ScalarAsync<bool>((end < 0 ? line : line[..end]).ToString()).ConfigureAwait(false);
    }
}
