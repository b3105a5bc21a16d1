using Db.Commands;
using Npgsql;

namespace Db.Databases;

/// <summary>Whether a session may take on the roles that the application's users have.</summary>
internal static class ActingAs
{
    /// <exception cref="CouldNotRunException">A role does not exist, or the session may not act as it.</exception>
    public static async Task RequireAsync(NpgsqlConnection connection, IEnumerable<string> roles, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT current_user::text,
                ARRAY(SELECT n::text FROM unnest($1) AS n WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = n)),
                ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname = ANY ($1) AND NOT
                    pg_has_role(current_user, oid, CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)
                    ORDER BY 1)
            """,
            connection
        )
        {
            Parameters = { new() { Value = roles.ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var user = reader.GetString(0);
        if (reader.GetFieldValue<string[]>(1) is [_, ..] absent)
        {
            throw new CouldNotRunException(
                $"The {(absent.Length == 1 ? "role" : "roles")} {string.Join(", ", absent)} {(absent.Length == 1 ? "does" : "do")} not exist here: "
                    + "the first migration makes anon, authenticated and service_role. See which are pending: "
                    + ToolCommand.OnDatabase(["status"])
            );
        }

        if (reader.GetFieldValue<string[]>(2) is [_, ..] notMine)
        {
            throw new CouldNotRunException(
                $"{user} may not act as {string.Join(", ", notMine)}, so nothing can be tried as them. Connect as the owner of the "
                    + $"tables, or let {user} act as them, as a superuser or as who made the roles: "
                    + $"GRANT {string.Join(", ", notMine)} TO \"{user}\";"
            );
        }
    }
}
