using Npgsql;

namespace Db.Backups;

/// <summary>Makes the database that a backup is restored into, with what stands outside its schemas.</summary>
internal static class RestoredDatabase
{
    /// <summary>Creates an empty database with the encoding and the locale of the one that was backed up.</summary>
    /// <returns>What could not be made as it was, or null.</returns>
    public static async Task<string?> CreateAsync(
        NpgsqlConnection server,
        string name,
        BackupManifest manifest,
        CancellationToken ct
    )
    {
        var was = manifest.Properties;
        var create =
            $"CREATE DATABASE {SqlName.Quote(name)} TEMPLATE template0 ENCODING {SqlName.Literal(was.Encoding)}";
        try
        {
            await ExecuteAsync(server, $"{create} {Locale(was)}", ct);
            return null;
        }
        catch (PostgresException e)
            when (e.SqlState
                    is PostgresErrorCodes.WrongObjectType
                        or PostgresErrorCodes.InvalidParameterValue
                        or PostgresErrorCodes.FeatureNotSupported
                        or PostgresErrorCodes.UndefinedObject
            )
        {
            await ExecuteAsync(server, create, ct);
            return $"The server does not know the locale of the database that was backed up ({was.Locale ?? was.Collation}): {e.MessageText}. "
                + "It was restored with the server's own, which may sort texts otherwise.";
        }
    }

    /// <summary>Gives the database its owner, its settings and its grants.</summary>
    /// <returns>What this role may not give.</returns>
    public static async Task<IReadOnlyList<string>> EquipAsync(
        NpgsqlConnection server,
        string name,
        BackupManifest manifest,
        CancellationToken ct
    )
    {
        var database = SqlName.Quote(name);
        var was = manifest.Properties;
        var statements = new List<string>();
        foreach (var setting in was.Settings)
        {
            var set = $"SET {SettingName(setting.Name)} TO {SettingValue(setting)}";
            statements.Add(
                setting.Role is { } role
                    ? $"ALTER ROLE {SqlName.Quote(role)} IN DATABASE {database} {set}"
                    : $"ALTER DATABASE {database} {set}"
            );
        }

        if (was.Grants.Count > 0)
        {
            statements.Add($"REVOKE ALL ON DATABASE {database} FROM PUBLIC");
        }

        statements.AddRange(
            was.Grants.Select(grant =>
                $"GRANT {grant.Privilege} ON DATABASE {database} TO {(grant.Role is { } role ? SqlName.Quote(role) : "PUBLIC")}"
            )
        );
        // Last: whoever gives a database away may change it no longer.
        statements.Add($"ALTER DATABASE {database} OWNER TO {SqlName.Quote(was.Owner)}");
        var refused = new List<string>();
        foreach (var statement in statements)
        {
            try
            {
                await ExecuteAsync(server, statement, ct);
            }
            catch (PostgresException e)
            {
                refused.Add($"{statement}; -- {e.MessageText}");
            }
        }

        return refused;
    }

    private static string Locale(DatabaseProperties was) =>
        was.LocaleProvider switch
        {
            "i" => $"LOCALE_PROVIDER icu ICU_LOCALE {SqlName.Literal(was.Locale ?? "und")} {Collation(was)}",
            "b" =>
                $"LOCALE_PROVIDER builtin BUILTIN_LOCALE {SqlName.Literal(was.Locale ?? "C.UTF-8")} {Collation(was)}",
            _ => $"LOCALE_PROVIDER libc {Collation(was)}",
        };

    private static string Collation(DatabaseProperties was) =>
        $"LC_COLLATE {SqlName.Literal(was.Collation)} LC_CTYPE {SqlName.Literal(was.CharacterType)}";

    // Some have two parts: app.tenant
    private static string SettingName(string name) => string.Join('.', name.Split('.').Select(SqlName.Quote));

    // These are lists of names, stored with their quotes; one text would be one strange name.
    private static string SettingValue(DatabaseSetting setting) =>
        setting.Name
            is "search_path"
                or "temp_tablespaces"
                or "local_preload_libraries"
                or "session_preload_libraries"
                or "shared_preload_libraries"
                or "DateStyle"
            ? setting.Value.Length == 0
                ? "''"
                : setting.Value
            : SqlName.Literal(setting.Value);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }
}
