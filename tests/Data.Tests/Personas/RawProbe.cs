using Npgsql;

namespace Data.Tests.Personas;

/// <summary>Tries a command on a table in SQL, inside a transaction that already runs as the persona.</summary>
internal static class RawProbe
{
    private sealed record Statements(string Select, Func<string, string> Insert, string Update, string Delete);

    private static readonly Dictionary<string, Statements> Tables = new()
    {
        ["users"] = new(
            "SELECT id, false FROM users",
            owner => $"INSERT INTO users (id, email) VALUES ('new-{owner}', 'new-{owner}@example.test')",
            "UPDATE users SET country = 'CH' RETURNING id, false",
            "DELETE FROM users RETURNING id, false"
        ),
        ["session"] = new(
            """SELECT "userId", false FROM session""",
            owner =>
                $"""INSERT INTO session (id, "expiresAt", token, "userId") VALUES ('new-{owner}', now(), 'new-{owner}', '{owner}')""",
            """UPDATE session SET "userAgent" = 'x' RETURNING "userId", false""",
            """DELETE FROM session RETURNING "userId", false"""
        ),
        ["account"] = new(
            """SELECT "userId", false FROM account""",
            owner =>
                $"""INSERT INTO account (id, "accountId", "providerId", "userId") VALUES ('new-{owner}', 'new-{owner}', 'x', '{owner}')""",
            """UPDATE account SET scope = 'x' RETURNING "userId", false""",
            """DELETE FROM account RETURNING "userId", false"""
        ),
        ["verification"] = new(
            "SELECT '', false FROM verification",
            owner =>
                $"""INSERT INTO verification (id, identifier, value, "expiresAt") VALUES ('new-{owner}', 'x', 'x', now())""",
            "UPDATE verification SET value = 'x' RETURNING '', false",
            "DELETE FROM verification RETURNING '', false"
        ),
        ["users_metas"] = new(
            """SELECT "userId", "isPublic" FROM users_metas""",
            owner => $"""INSERT INTO users_metas ("userId", "metaKey") VALUES ('{owner}', 'new')""",
            """UPDATE users_metas SET "metaValue" = '{"a": 1}' RETURNING "userId", "isPublic" """,
            """DELETE FROM users_metas RETURNING "userId", "isPublic" """
        ),
        ["api_key"] = new(
            """SELECT "userId", false FROM api_key""",
            owner =>
                $"""INSERT INTO api_key ("keyHash", "keyPrefix", name, "userId") VALUES ('new-{owner}', 'x', 'x', '{owner}')""",
            """UPDATE api_key SET name = 'x' RETURNING "userId", false""",
            """DELETE FROM api_key RETURNING "userId", false"""
        ),
        ["api_audit_log"] = new(
            """SELECT "userId", false FROM api_audit_log""",
            owner =>
                $"""
                    INSERT INTO api_audit_log ("apiKeyId", "userId", endpoint, method, "statusCode")
                    VALUES ('key-{owner}', '{owner}', '/', 'GET', 200)
                    """,
            """UPDATE api_audit_log SET endpoint = 'x' RETURNING "userId", false""",
            """DELETE FROM api_audit_log RETURNING "userId", false"""
        ),
    };

    /// <summary>The rows reached; for an insert, the owners for whom a row could be made.</summary>
    internal static async Task<List<(string Owner, bool IsPublic)>> ReachAsync(
        NpgsqlConnection connection,
        string table,
        string command
    )
    {
        var statements = Tables[table];
        if (command != "insert")
        {
            var sql = command switch
            {
                "select" => statements.Select,
                "update" => statements.Update,
                "delete" => statements.Delete,
                _ => throw new ArgumentOutOfRangeException(nameof(command), command, null),
            };
            return await TryAsync(connection, sql) ?? [];
        }

        var reached = new List<(string, bool)>();
        foreach (var owner in People.All)
        {
            if (await TryAsync(connection, statements.Insert(owner)) is not null)
            {
                reached.Add((owner, false));
            }
        }

        return reached;
    }

    // Null where PostgreSQL refused. The savepoint keeps the transaction usable; any error but a refusal is a broken probe.
    private static async Task<List<(string, bool)>?> TryAsync(NpgsqlConnection connection, string sql)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await Run("SAVEPOINT probe");
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var rows = new List<(string, bool)>();
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add((reader.GetString(0), reader.GetBoolean(1)));
            }

            return rows;
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            await Run("ROLLBACK TO SAVEPOINT probe");
            return null;
        }

        async Task Run(string text)
        {
            await using var command = new NpgsqlCommand(text, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
