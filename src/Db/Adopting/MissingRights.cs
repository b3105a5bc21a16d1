using Data.Migrations.Adopting;
using Db.Databases;
using Npgsql;

namespace Db.Adopting;

/// <summary>What the role that migrates may not do and has to: the pending migrations would fail half-way.</summary>
internal static class MissingRights
{
    /// <summary>The property of a finding that somebody else owns what has to change.</summary>
    public const string Ownership = "ownership";

    public static async Task<IReadOnlyList<Finding>> FindAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var status = await ServerStatus.ReadAsync(connection, ct);
        var found = status
            .Privileges.Where(privilege => !privilege.Allowed)
            .Select(privilege => new Finding(
                Verdict.InTheWay,
                $"role {status.User}",
                null,
                $"it may not {privilege.What}",
                Sql: privilege.Grant
            ))
            .ToList();
        await using var command = new NpgsqlCommand(
            """
            SELECT owner::text, string_agg(name, ', ' ORDER BY name)
            FROM (
              SELECT pg_get_userbyid(relowner) AS owner, oid::regclass::text AS name
              FROM pg_class
              WHERE relnamespace = to_regnamespace('public') AND relname = ANY ($1) AND NOT pg_has_role(relowner, 'USAGE')
              UNION ALL
              SELECT pg_get_userbyid(proowner), oid::regprocedure::text
              FROM pg_proc
              WHERE oid IN (to_regprocedure('public.get_auth_user_id()'), to_regprocedure('public.set_updated_at()'),
                  to_regprocedure('public.sync_user_name()'))
                AND NOT pg_has_role(proowner, 'USAGE')
            ) AS of_others
            GROUP BY owner ORDER BY owner
            """,
            connection
        )
        {
            Parameters = { new() { Value = AdoptedSchema.Tables.Select(t => t.Table).ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var owner = reader.GetString(0);
            found.Add(
                new Finding(
                    Verdict.InTheWay,
                    $"role {status.User}",
                    Ownership,
                    $"{owner} owns {reader.GetString(1)}, and {status.User} is not a member of {owner}",
                    Sql: $"GRANT \"{owner}\" TO \"{status.User}\"; -- or connect as {owner}"
                )
            );
        }

        return found;
    }

    /// <summary>Logins that can sign people in today and could not afterwards.</summary>
    public static async Task<IReadOnlyList<Finding>> LosersAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT r.rolname::text
            FROM pg_roles AS r JOIN pg_class AS c ON c.oid = to_regclass('public.session')
            WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT r.rolbypassrls AND NOT pg_has_role(r.oid, c.relowner, 'USAGE')
              AND NOT EXISTS (SELECT FROM pg_roles AS s WHERE s.rolname = 'service_role' AND pg_has_role(r.oid, s.oid, 'MEMBER'))
              AND has_table_privilege(r.oid, c.oid, 'INSERT')
            ORDER BY 1
            """,
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<Finding>();
        while (await reader.ReadAsync(ct))
        {
            var login = reader.GetString(0);
            found.Add(
                new Finding(
                    Verdict.Changes,
                    $"role {login}",
                    "sign-in",
                    "it writes public.session today, and afterwards only the owner and service_role do",
                    Sql: $"-- If the application signs people in as {login}:\nGRANT service_role TO \"{login}\";"
                )
            );
        }

        return found;
    }
}
