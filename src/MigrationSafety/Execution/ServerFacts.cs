namespace MigrationSafety.Execution;

/// <summary>What the rails must know of the server and the session, read in one round trip.</summary>
internal sealed record ServerFacts(
    int VersionNumber,
    string Version,
    bool IsReplica,
    bool IsReadOnly,
    int BackendPid,
    string User,
    string Database,
    string? CurrentSchema
)
{
    public static async ValueTask<ServerFacts> ReadAsync(Session session)
    {
        var rows = await session
            .QueryAsync(
                """
                SELECT current_setting('server_version_num')::int, current_setting('server_version'), pg_is_in_recovery(),
                       current_setting('transaction_read_only')::bool, pg_backend_pid(), current_user::text, current_database()::text,
                       current_schema()::text
                """,
                r => new ServerFacts(
                    r.GetInt32(0),
                    r.GetString(1),
                    r.GetBoolean(2),
                    r.GetBoolean(3),
                    r.GetInt32(4),
                    r.GetString(5),
                    r.GetString(6),
                    r.IsDBNull(7) ? null : r.GetString(7)
                )
            )
            .ConfigureAwait(false);
        return rows[0];
    }
}
