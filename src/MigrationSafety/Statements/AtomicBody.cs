namespace MigrationSafety.Statements;

/// <summary>
/// A function whose body is standard SQL (BEGIN ATOMIC …; …; END). Npgsql cuts a command at every semicolon, also at those of the body,
/// unless the command has a positional parameter: then it is sent as it stands, and may hold one statement only.
/// </summary>
internal static class AtomicBody
{
    /// <summary>Whether the SQL is one statement with such a body.</summary>
    public static bool Is(string sql) => MayHave(sql) && SqlScanner.Split(sql) is [var statement] && Has(statement);

    /// <summary>The SQL in parts of one statement each where one of them has such a body; otherwise as it stands.</summary>
    public static IReadOnlyList<string> Cut(string sql)
    {
        if (!MayHave(sql) || SqlScanner.Split(sql) is not { Count: > 1 } statements || !statements.Any(Has))
        {
            return [sql];
        }

        // All that stands between two statements goes with one of them: what the scanner does not know, the server shall see.
        return
        [
            .. statements.Select(
                (statement, i) =>
                    sql[
                        (i == 0 ? 0 : statement.Start)..(
                            i + 1 < statements.Count ? statements[i + 1].Start : sql.Length
                        )
                    ]
            ),
        ];
    }

    private static bool MayHave(string sql) => sql.Contains("ATOMIC", StringComparison.OrdinalIgnoreCase);

    private static bool Has(SqlStatement statement)
    {
        var sql = statement.Text;
        for (var (i, next) = SqlScanner.NextToken(sql, 0); i < sql.Length; (i, next) = SqlScanner.NextToken(sql, next))
        {
            if (sql[i] == ';')
            {
                return true;
            }
        }

        return false;
    }
}
