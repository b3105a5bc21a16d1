using System.Diagnostics;
using Db.Commands;
using LocalPostgres;
using Npgsql;

namespace Db.Backups;

/// <summary>A backup restored into a throw-away server, which ends with this process, however that ends.</summary>
internal sealed class ScratchDatabase : IAsyncDisposable
{
    private const int Newest = 18;

    private readonly ThrowAwayServer _server;
    private readonly Backup _backup;
    private readonly PgPrograms _programs;

    private ScratchDatabase(ThrowAwayServer server, Backup backup, PgPrograms programs, string connectionString)
    {
        (_server, _backup, _programs) = (server, backup, programs);
        ConnectionString = connectionString;
    }

    /// <summary>As the server's superuser.</summary>
    public string ConnectionString { get; }

    /// <summary>What the server is.</summary>
    public string Server => _server.Description;

    /// <summary>pg_restore's time.</summary>
    public TimeSpan RestoreTime { get; private init; }

    /// <summary>What could not be made as it was.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>Starts a server of the backup's major version, or the next newer one that there is, and restores.</summary>
    /// <exception cref="CouldNotRunException">No such server can be started, or the restore failed.</exception>
    public static async Task<ScratchDatabase> RestoreAsync(
        Backup backup,
        ScratchOptions options,
        IProgress<string>? progress,
        CancellationToken ct
    )
    {
        var manifest = backup.Manifest;
        var programs = await PgPrograms.FindAsync(
            Version.Parse(manifest.DumpVersion),
            "The backup's pg_dump",
            options.PgBin,
            ct
        );
        var server = await StartAsync(manifest, options, ct);
        try
        {
            progress?.Report($"Restoring {backup.Name} into {server.Description}.");
            var notes = new List<string>();
            if (server.Version.Major != Version.Parse(manifest.ServerVersion).Major)
            {
                notes.Add(
                    $"The backup is of PostgreSQL {manifest.ServerVersion}; no server of that version could be started here, so it was "
                        + $"restored into {server.Version}."
                );
            }

            var admin = await AdminAsync(server, manifest, ct);
            await using var connection = new NpgsqlConnection(admin);
            await connection.OpenAsync(ct);
            if (await ArchiveRestore.MissingExtensionsAsync(connection, manifest, ct) is { Count: > 0 } missing)
            {
                throw new CouldNotRunException(
                    $"The scratch server ({server.Description}) does not have the extensions {string.Join(", ", missing)}, which the backup needs. "
                        + "To do: install them beside PostgreSQL on this machine, and choose that server with LOCAL_POSTGRES=binaries; "
                        + $"or restore to a server of the hosting provider's: {ToolCommand.Of(["restore", "--create-database", "--to"])} postgresql://…"
                );
            }

            await RestoredRoles.CreateMissingAsync(connection, manifest.Roles, isScratch: true, ct);
            if (await RestoredDatabase.CreateAsync(connection, Name(manifest), manifest, ct) is { } note)
            {
                notes.Add(note);
            }

            var target = new NpgsqlConnectionStringBuilder(admin) { Database = Name(manifest), Pooling = false };
            var clock = Stopwatch.StartNew();
            // A crash of the machine loses the scratch server anyway: only what is measured afterwards has to be durable.
            await FsyncAsync(connection, options.Durable ? "off" : null, ct);
            await ArchiveRestore.RunAsync(backup, programs, target, options.Jobs, progress, [], ct);
            var took = clock.Elapsed;
            await FsyncAsync(connection, options.Durable ? "on" : null, ct);
            notes.AddRange(
                (await RestoredDatabase.EquipAsync(connection, Name(manifest), manifest, ct)).Select(refused =>
                    $"Not done: {refused}"
                )
            );
            target.Pooling = true;
            return new ScratchDatabase(server, backup, programs, target.ConnectionString)
            {
                RestoreTime = took,
                Notes = notes,
            };
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Makes another database here, with the schema that was backed up and the rows of one schema alone: what a small experiment needs
    /// beside the copy of a large database.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="rowsOf">The schema whose rows are restored.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>As the server's superuser, without a pool: it can be copied as soon as no session is open.</returns>
    /// <exception cref="ArchiveException">It could not be restored.</exception>
    public async Task<string> RestoreSchemaAsync(string name, string rowsOf, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(ct);
        await RestoredDatabase.CreateAsync(connection, name, _backup.Manifest, ct);
        var target = In(name);
        await ArchiveRestore.RunAsync(_backup, _programs, target, 1, null, ["--schema-only"], ct);
        await ArchiveRestore.RunAsync(_backup, _programs, target, 1, null, ["--data-only", $"--schema={rowsOf}"], ct);
        await RestoredDatabase.EquipAsync(connection, name, _backup.Manifest, ct);
        return target.ConnectionString;
    }

    /// <summary>Copies a database of this server that nobody is connected to.</summary>
    public async Task<string> CopyAsync(string name, string copy, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(ct);
        await using (
            var command = new NpgsqlCommand(
                $"CREATE DATABASE {SqlName.Quote(copy)} TEMPLATE {SqlName.Quote(name)}",
                connection
            )
        )
        {
            await command.ExecuteNonQueryAsync(ct);
        }

        await RestoredDatabase.EquipAsync(connection, copy, _backup.Manifest, ct);
        return In(copy).ConnectionString;
    }

    private NpgsqlConnectionStringBuilder In(string database) =>
        new(ConnectionString) { Database = database, Pooling = false };

    /// <summary>Lets a role log in here, with a password of this server's own.</summary>
    /// <param name="role">The role.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>The settings of a connection as that role.</returns>
    public async Task<NpgsqlConnectionStringBuilder> ConnectionAsAsync(string role, CancellationToken ct)
    {
        var settings = new NpgsqlConnectionStringBuilder(ConnectionString);
        if (settings.Username == role)
        {
            return settings;
        }

        var password = NewPassword();
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(
            $"ALTER ROLE {SqlName.Quote(role)} LOGIN PASSWORD '{password}'",
            connection
        );
        await command.ExecuteNonQueryAsync(ct);
        settings.Username = role;
        settings.Password = password;
        return settings;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    // The same name: plans and messages name it. "postgres" and its like are there already.
    private static string Name(BackupManifest manifest) =>
        manifest.Database is "postgres" or "template0" or "template1"
            ? "scratch_" + manifest.Database
            : manifest.Database;

    // Letters and digits: no quoting.
    private static string NewPassword() =>
        Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));

    // Some providers call an ordinary role like the superuser of a server that is started here: "postgres" may do less on
    // Supabase. What is run as that role must be allowed no more here than there, so the superuser gets another name.
    private static async Task<string> AdminAsync(ThrowAwayServer server, BackupManifest manifest, CancellationToken ct)
    {
        var own = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = false };
        var name = own.Username!;
        if (!manifest.Roles.Any(role => role.Name == name && !role.Superuser))
        {
            return server.ConnectionString;
        }

        var other = new NpgsqlConnectionStringBuilder(own.ConnectionString)
        {
            Username = "scratch_superuser",
            Password = NewPassword(),
        };
        await ExecuteAsync(own, $"CREATE ROLE {other.Username} SUPERUSER LOGIN PASSWORD '{other.Password}'", ct);
        // Nobody can rename himself.
        await ExecuteAsync(other, $"ALTER ROLE {SqlName.Quote(name)} RENAME TO scratch_bootstrap", ct);
        return other.ConnectionString;
    }

    private static async Task ExecuteAsync(NpgsqlConnectionStringBuilder where, string sql, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(where.ConnectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task<ThrowAwayServer> StartAsync(
        BackupManifest manifest,
        ScratchOptions options,
        CancellationToken ct
    )
    {
        var major = Version.Parse(manifest.ServerVersion).Major;
        NoServerException? first = null;
        for (var version = major; version <= Math.Max(major, Newest); version++)
        {
            try
            {
                return await ThrowAwayServer.StartAsync(
                    new ThrowAwayServerOptions
                    {
                        Version = version,
                        Exclusive = true,
                        Durable = options.Durable,
                        // The data, what a rewrite of the largest table takes, and the log.
                        RoomNeeded = (manifest.Properties.Bytes * 2) + (1L << 30),
                    },
                    ct
                );
            }
            catch (NoServerException e)
            {
                first ??= e;
            }
        }

        throw new CouldNotRunException(
            $"The backup is of PostgreSQL {manifest.ServerVersion}, and no scratch server of that version or a newer one can be started here. "
                + first!.Message
        );
    }

    private static async Task FsyncAsync(NpgsqlConnection connection, string? value, CancellationToken ct)
    {
        if (value is null)
        {
            return;
        }

        foreach (
            var sql in new[]
            {
                $"ALTER SYSTEM SET fsync = {value}",
                "SELECT pg_reload_conf()",
                value == "on" ? "CHECKPOINT" : "SELECT",
            }
        )
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(ct);
        }
    }
}

/// <summary>What a scratch server shall be.</summary>
internal sealed record ScratchOptions
{
    /// <summary>Its data on a disk, and fsync on: where durations are measured.</summary>
    public bool Durable { get; init; }

    /// <summary>How many tables and indexes are restored at a time.</summary>
    public int Jobs { get; init; } = BackupOptions.DefaultJobs;

    /// <summary>Where pg_restore lies; null to look for it.</summary>
    public string? PgBin { get; init; }
}
