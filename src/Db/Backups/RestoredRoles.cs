using Npgsql;

namespace Db.Backups;

/// <summary>
/// Makes the roles that a backup names and a server lacks. Roles belong to the server and not to the database, so no
/// archive holds them; without them, neither owners nor grants nor policies could be restored.
/// </summary>
internal static class RestoredRoles
{
    /// <summary>Makes what is missing. Nobody can log in as a role that is made here: it has no password.</summary>
    /// <param name="connection">A session that may make roles.</param>
    /// <param name="roles">The roles that are needed.</param>
    /// <param name="isScratch">The server is a throw-away one: a superuser stays one there.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>The names of those that were made.</returns>
    /// <exception cref="CouldNotRunException">The session's role may not make them.</exception>
    public static async Task<IReadOnlyList<string>> CreateMissingAsync(
        NpgsqlConnection connection,
        IReadOnlyList<BackupRole> roles,
        bool isScratch,
        CancellationToken ct
    )
    {
        var there = new HashSet<string>();
        await using (var read = new NpgsqlCommand("SELECT rolname::text FROM pg_roles", connection))
        await using (var reader = await read.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                there.Add(reader.GetString(0));
            }
        }

        var missing = roles.Where(role => !there.Contains(role.Name)).ToList();
        if (missing.Count == 0)
        {
            return [];
        }

        await using var transaction = await connection.BeginTransactionAsync(ct);
        try
        {
            foreach (var role in missing)
            {
                await ExecuteAsync(connection, Create(role, isScratch), ct);
            }

            foreach (var role in missing)
            {
                foreach (var group in role.MemberOf)
                {
                    await ExecuteAsync(connection, $"GRANT {SqlName.Quote(group)} TO {SqlName.Quote(role.Name)}", ct);
                }
            }

            await transaction.CommitAsync(ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            await transaction.RollbackAsync(ct);
            throw new CouldNotRunException(
                $"The server lacks roles that the backup names in owners, grants and policies, and this role may not make them: {e.MessageText}. "
                    + $"Nothing was restored.{Environment.NewLine}To do: have a superuser run this, then restore again:{Environment.NewLine}  "
                    + string.Join(Environment.NewLine + "  ", missing.Select(role => Create(role, isScratch) + ";"))
            );
        }

        return [.. missing.Select(role => role.Name)];
    }

    private static string Create(BackupRole role, bool isScratch)
    {
        var attributes = new List<string> { "NOLOGIN" };
        Add(role.Superuser && isScratch, "SUPERUSER");
        Add(!role.Inherit, "NOINHERIT");
        Add(role.CreateRole, "CREATEROLE");
        Add(role.CreateDb, "CREATEDB");
        Add(role.BypassRls, "BYPASSRLS");
        return $"CREATE ROLE {SqlName.Quote(role.Name)} {string.Join(' ', attributes)}";

        void Add(bool has, string attribute)
        {
            if (has)
            {
                attributes.Add(attribute);
            }
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}
