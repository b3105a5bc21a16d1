using Npgsql;

namespace Db.Databases;

/// <summary>What the server is, and who is asking.</summary>
/// <param name="Version">The server's version.</param>
/// <param name="Database">The database's name.</param>
/// <param name="DatabaseOwner">The role that owns the database.</param>
/// <param name="IsReplica">It takes no writes.</param>
/// <param name="User">The role of the session.</param>
/// <param name="Attributes">Superuser, createrole, createdb, bypassrls, replication: those that the role has.</param>
/// <param name="MemberOf">The roles that the session may act as.</param>
/// <param name="Privileges">What migrations need, and whether the role may do it.</param>
internal sealed record ServerStatus(
    string Version,
    string Database,
    string DatabaseOwner,
    bool IsReplica,
    string User,
    IReadOnlyList<string> Attributes,
    IReadOnlyList<string> MemberOf,
    IReadOnlyList<Privilege> Privileges
)
{
    public static async Task<ServerStatus> ReadAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT current_setting('server_version'), current_database(), pg_get_userbyid(d.datdba), pg_is_in_recovery(), r.rolname,
                array_remove(ARRAY[
                    CASE WHEN r.rolsuper THEN 'superuser' END, CASE WHEN r.rolcreaterole THEN 'createrole' END,
                    CASE WHEN r.rolcreatedb THEN 'createdb' END, CASE WHEN r.rolbypassrls THEN 'bypassrls' END,
                    CASE WHEN r.rolreplication THEN 'replication' END], NULL),
                ARRAY(SELECT m.rolname::text FROM pg_roles m
                    WHERE pg_has_role(r.oid, m.oid, 'MEMBER') AND m.oid <> r.oid AND (NOT r.rolsuper OR m.rolname IN ('anon', 'authenticated', 'service_role'))
                    ORDER BY 1),
                has_database_privilege(d.oid, 'CREATE'),
                coalesce((SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'public'), false),
                r.rolsuper OR r.rolcreaterole,
                (SELECT count(*) = 3 FROM pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role'))
            FROM pg_roles r, pg_database d
            WHERE r.rolname = current_user AND d.datname = current_database()
            """,
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var (database, user) = (reader.GetString(1), reader.GetString(4));
        var rolesExist = reader.GetBoolean(10);
        return new ServerStatus(
            reader.GetString(0),
            database,
            reader.GetString(2),
            reader.GetBoolean(3),
            user,
            reader.GetFieldValue<string[]>(5),
            reader.GetFieldValue<string[]>(6),
            [
                new(
                    "create schemas and trusted extensions",
                    reader.GetBoolean(7),
                    $"GRANT CREATE ON DATABASE \"{database}\" TO \"{user}\";"
                ),
                new(
                    "create objects in schema public",
                    reader.GetBoolean(8),
                    $"GRANT CREATE ON SCHEMA public TO \"{user}\";"
                ),
                new(
                    rolesExist ? "create roles (not needed: anon, authenticated, service_role exist)" : "create roles",
                    reader.GetBoolean(9) || rolesExist,
                    $"ALTER ROLE \"{user}\" CREATEROLE;"
                ),
            ]
        );
    }
}

/// <summary>Something that migrations need.</summary>
/// <param name="What">What is to be done.</param>
/// <param name="Allowed">Whether the role may.</param>
/// <param name="Grant">The statement that allows it.</param>
internal sealed record Privilege(string What, bool Allowed, string Grant);
