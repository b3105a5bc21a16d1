using System.Globalization;
using Data;
using Npgsql;

namespace Db.Backups;

/// <summary>What is read of the database that is backed up, in the session whose snapshot pg_dump is given.</summary>
internal sealed class SourceDatabase(NpgsqlConnection connection)
{
    // Tables that pg_dump writes rows of: no temporary ones, no foreign ones, none that an extension made.
    private const string Tables = """
        SELECT n.nspname, c.relname
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            AND n.nspname <> ALL ($1)
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        """;

    /// <summary>
    /// Opens the transaction: locks every table as pg_dump will, so that nothing changes shape until it is done, and only
    /// then takes the snapshot, which pg_dump and the counting share.
    /// </summary>
    public async Task<string> BeginAsync(IReadOnlyList<string> excluded, TimeSpan lockTimeout, CancellationToken ct)
    {
        var tables = await ReadAsync(
            Tables + " ORDER BY 1, 2",
            r => $"{SqlName.Quote(r.GetString(0))}.{SqlName.Quote(r.GetString(1))}",
            ct,
            [excluded.ToArray()]
        );
        var milliseconds = ((long)lockTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        // Nobody shall end this session for being slow or idle while pg_dump works. The first setting is PostgreSQL 17's; it is
        // asked for outside, since a query in the transaction would take the snapshot before the locks.
        await ExecuteAsync(
            "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'",
            ct
        );
        await ExecuteAsync(
            $"""
            BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
            SET LOCAL lock_timeout = {milliseconds};
            SET LOCAL statement_timeout = 0;
            SET LOCAL idle_in_transaction_session_timeout = 0;
            SET LOCAL row_security = off;
            SET LOCAL search_path = pg_catalog;
            """,
            ct
        );
        if (tables.Count > 0)
        {
            await ExecuteAsync($"LOCK TABLE {string.Join(", ", tables)} IN ACCESS SHARE MODE", ct);
        }

        return await ScalarAsync<string>("SELECT pg_export_snapshot()", ct);
    }

    /// <summary>Lets what is asked from now on take one process of the server: the dump takes the others, and the application waits for both.</summary>
    public Task UseOneProcessAsync(CancellationToken ct) =>
        ExecuteAsync("SET LOCAL max_parallel_workers_per_gather = 0", ct);

    /// <summary>Ends the transaction, and with it the locks.</summary>
    public Task EndAsync(CancellationToken ct) => ExecuteAsync("ROLLBACK", ct);

    public async Task<(string Position, DateTimeOffset Time, bool Archiving)> LogAsync(CancellationToken ct) =>
        (
            await ReadAsync(
                """
                SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text,
                    clock_timestamp(), current_setting('archive_mode') <> 'off'
                """,
                r => (r.GetString(0), r.GetFieldValue<DateTimeOffset>(1), r.GetBoolean(2)),
                ct
            )
        )[0];

    /// <summary>Makes a named restore point in the log. It takes a right that few roles have.</summary>
    /// <returns>Why there is none, or null.</returns>
    public async Task<string?> MakeRestorePointAsync(string name, CancellationToken ct)
    {
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_create_restore_point($1)", connection)
            {
                Parameters = { new() { Value = name } },
            };
            await command.ExecuteNonQueryAsync(ct);
            return null;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return "the role may not make one; a superuser can allow it: GRANT EXECUTE ON FUNCTION "
                + $"pg_catalog.pg_create_restore_point(text) TO {SqlName.Quote(await ScalarAsync<string>("SELECT current_user::text", ct))};";
        }
        catch (PostgresException e)
        {
            return e.MessageText;
        }
    }

    public async Task<string?> SystemIdentifierAsync(CancellationToken ct)
    {
        try
        {
            return await ScalarAsync<string>("SELECT system_identifier::text FROM pg_control_system()", ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return null;
        }
    }

    public Task<string> UserAsync(CancellationToken ct) => ScalarAsync<string>("SELECT current_user::text", ct);

    public async Task<DatabaseProperties> PropertiesAsync(CancellationToken ct)
    {
        var settings = await ReadAsync(
            """
            SELECT r.rolname::text, split_part(s, '=', 1), substr(s, strpos(s, '=') + 1)
            FROM pg_db_role_setting d JOIN pg_database b ON b.oid = d.setdatabase LEFT JOIN pg_roles r ON r.oid = d.setrole,
                unnest(d.setconfig) s
            WHERE b.datname = current_database()
            ORDER BY 1, 2
            """,
            r => new DatabaseSetting(r.IsDBNull(0) ? null : r.GetString(0), r.GetString(1), r.GetString(2)),
            ct
        );
        var grants = await ReadAsync(
            """
            SELECT r.rolname::text, a.privilege_type
            FROM pg_database b, aclexplode(b.datacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
            WHERE b.datname = current_database() AND b.datacl IS NOT NULL AND a.grantee <> b.datdba
            ORDER BY 1, 2
            """,
            r => new DatabaseGrant(r.IsDBNull(0) ? null : r.GetString(0), r.GetString(1)),
            ct
        );
        // The locale's column has had three names; as JSON, a missing one is null.
        var rows = await ReadAsync(
            """
            SELECT pg_get_userbyid(datdba)::text, pg_encoding_to_char(encoding)::text, datcollate::text, datctype::text,
                datlocprovider::text, coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'), pg_database_size(d.oid)
            FROM pg_database d WHERE datname = current_database()
            """,
            r => new DatabaseProperties(
                r.GetString(0),
                r.GetString(1),
                r.GetString(2),
                r.GetString(3),
                r.GetString(4),
                r.IsDBNull(5) ? null : r.GetString(5),
                r.GetInt64(6),
                settings,
                grants
            ),
            ct
        );
        return rows[0];
    }

    /// <summary>The applied migrations, in order; none where there is no history.</summary>
    public async Task<IReadOnlyList<string>> MigrationsAsync(CancellationToken ct)
    {
        var exists = await ScalarAsync<bool>(
            "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = '__EFMigrationsHistory')",
            ct,
            AppDatabaseOptions.HistorySchema
        );
        return exists
            ? await ReadAsync(
                $"""SELECT "MigrationId" FROM {SqlName.Quote(AppDatabaseOptions.HistorySchema)}."__EFMigrationsHistory" ORDER BY 1""",
                r => r.GetString(0),
                ct
            )
            : [];
    }

    /// <summary>The schemas that are not PostgreSQL's own.</summary>
    public Task<IReadOnlyList<string>> SchemasAsync(IReadOnlyList<string> excluded, CancellationToken ct) =>
        ReadAsync(
            """
            SELECT nspname::text FROM pg_namespace
            WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND nspname <> ALL ($1) ORDER BY 1
            """,
            r => r.GetString(0),
            ct,
            [excluded.ToArray()]
        );

    /// <summary>The tables with their sizes; their rows are not counted yet.</summary>
    public Task<IReadOnlyList<TableRows>> TablesAsync(IReadOnlyList<string> excluded, CancellationToken ct) =>
        ReadAsync(
            $"""
            SELECT t.nspname::text, t.relname::text, pg_table_size(format('%I.%I', t.nspname, t.relname)::regclass)
            FROM ({Tables}) t ORDER BY 1, 2
            """,
            r => new TableRows(r.GetString(0), r.GetString(1), 0, r.GetInt64(2)),
            ct,
            [excluded.ToArray()]
        );

    /// <summary>Counts the rows of a table: its own, not those of tables that inherit from it.</summary>
    public async Task<long> CountAsync(TableRows table, CancellationToken ct) =>
        await ScalarAsync<long>($"SELECT count(*) FROM ONLY {table.Sql}", ct);

    /// <summary>Every role that this database depends on, and those they are members of.</summary>
    public Task<IReadOnlyList<BackupRole>> RolesAsync(CancellationToken ct) =>
        ReadAsync(
            """
            WITH RECURSIVE needed AS (
                -- pg_shdepend knows owners, grantees and the roles of policies; of the first superuser it keeps no record.
                SELECT s.refobjid AS oid FROM pg_shdepend s
                WHERE s.refclassid = 'pg_authid'::regclass
                    AND (s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                        OR s.dbid = 0 AND s.classid = 'pg_database'::regclass
                            AND s.objid = (SELECT oid FROM pg_database WHERE datname = current_database()))
                UNION SELECT 10
                UNION SELECT oid FROM pg_roles WHERE rolname = current_user
                UNION SELECT datdba FROM pg_database WHERE datname = current_database()
                UNION SELECT m.roleid FROM needed n JOIN pg_auth_members m ON m.member = n.oid
            )
            SELECT r.rolname::text, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication,
                r.rolbypassrls,
                ARRAY(SELECT DISTINCT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid ORDER BY 1)
            FROM pg_roles r WHERE r.oid IN (SELECT oid FROM needed) AND r.rolname !~ '^pg_'
            ORDER BY 1
            """,
            r => new BackupRole(
                r.GetString(0),
                r.GetBoolean(1),
                r.GetBoolean(2),
                r.GetBoolean(3),
                r.GetBoolean(4),
                r.GetBoolean(5),
                r.GetBoolean(6),
                r.GetBoolean(7),
                r.GetFieldValue<string[]>(8)
            ),
            ct
        );

    public Task<IReadOnlyList<BackupExtension>> ExtensionsAsync(CancellationToken ct) =>
        ReadAsync(
            "SELECT extname::text, extversion FROM pg_extension ORDER BY 1",
            r => new BackupExtension(r.GetString(0), r.GetString(1)),
            ct
        );

    private async Task<T> ScalarAsync<T>(string sql, CancellationToken ct, params object[] parameters) =>
        (await ReadAsync(sql, r => r.GetFieldValue<T>(0), ct, parameters))[0];

    private async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task<IReadOnlyList<T>> ReadAsync<T>(
        string sql,
        Func<NpgsqlDataReader, T> read,
        CancellationToken ct,
        params object[] parameters
    )
    {
        // A count takes as long as it takes.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }

        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
