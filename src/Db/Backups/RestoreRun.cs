using System.Diagnostics;
using MigrationSafety;
using MigrationSafety.Connections;
using MigrationSafety.Schema;
using Npgsql;

namespace Db.Backups;

/// <summary>Where a backup is restored to, and what may be done for it.</summary>
internal sealed record RestoreOptions
{
    /// <summary>The backup.</summary>
    public required Backup Backup { get; init; }

    /// <summary>The database.</summary>
    public required PostgresConnectionString Target { get; init; }

    /// <summary>Create the database if it does not exist.</summary>
    public bool CreateDatabase { get; init; }

    /// <summary>Said once: put it in the place of a database that holds something.</summary>
    public bool OverExistingData { get; init; }

    /// <summary>Said twice: the name of the database that is replaced.</summary>
    public string? ReplacedDatabase { get; init; }

    /// <summary>How many tables and indexes are restored at a time.</summary>
    public int Jobs { get; init; } = BackupOptions.DefaultJobs;

    /// <summary>Where pg_restore lies; null to look for it.</summary>
    public string? PgBin { get; init; }
}

/// <summary>What was restored, and whether it is what was backed up.</summary>
/// <param name="Backup">The backup's directory.</param>
/// <param name="Database">Where it is now, without secrets.</param>
/// <param name="KeptAs">The database that was there before, under its new name; null where there was none.</param>
/// <param name="Contents">Rows and schema, held against the backup.</param>
/// <param name="Tables">How many tables were restored.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="RolesCreated">Roles that the server lacked.</param>
/// <param name="Notes">What could not be restored as it was.</param>
/// <param name="CheckSeconds">Reading the checksums.</param>
/// <param name="RestoreSeconds">pg_restore.</param>
/// <param name="CompareSeconds">Counting the rows and reading the schema.</param>
internal sealed record RestoreResult(
    string Backup,
    string Database,
    string? KeptAs,
    RestoredContents Contents,
    int Tables,
    long Rows,
    IReadOnlyList<string> RolesCreated,
    IReadOnlyList<string> Notes,
    double CheckSeconds,
    double RestoreSeconds,
    double CompareSeconds
);

/// <summary>
/// Restores a backup. A database that is created or replaced is restored under another name first, and gets its own only
/// when it is whole: nobody ever meets half of it.
/// </summary>
internal sealed class RestoreRun(RestoreOptions options, IProgress<string>? progress)
{
    // Tables, views, functions and types, in schemas that are not PostgreSQL's, and that no extension made.
    private const string Contents = """
        SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
                    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')),
            (SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')),
            pg_database_size(current_database()),
            -- Statistics, which a table that was filled a moment ago has not yet: what has pages and no rows is not known.
            (SELECT CASE WHEN sum(t.rows) > 0 OR coalesce(sum(t.bytes), 0) = 0 THEN coalesce(sum(t.rows), 0)::bigint END
                FROM (SELECT greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0) AS rows, pg_relation_size(c.oid) AS bytes
                    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema') t)
        """;

    private Backup Backup => options.Backup;

    private string Name => options.Target.Database ?? options.Target.Username ?? "postgres";

    /// <exception cref="RefusedException">The database holds something, and it was not said twice that it may go.</exception>
    /// <exception cref="CouldNotRunException">It could not be restored; the message says what is left.</exception>
    public async Task<RestoreResult> RunAsync(CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        await Backup.CheckAsync(ct);
        var checkedAt = clock.Elapsed;

        var (exists, isEmpty) = await LookAsync(ct);
        await using var server = exists && isEmpty ? await options.Target.OpenAsync(ct) : await OpenServerAsync(ct);
        RefuseOlderServer(server.PostgreSqlVersion);
        var programs = await PgPrograms.FindAsync(
            Version.Parse(Backup.Manifest.DumpVersion),
            $"The backup's pg_dump",
            options.PgBin,
            ct
        );
        if (await ArchiveRestore.MissingExtensionsAsync(server, Backup.Manifest, ct) is { Count: > 0 } missing)
        {
            throw new CouldNotRunException(
                $"The server at {options.Target.Server} does not have the extensions {string.Join(", ", missing)}, which the backup needs. "
                    + "Nothing was restored. To do: install them on that server, or restore to one of the same kind as the backup's."
            );
        }

        var roles = await RestoredRoles.CreateMissingAsync(server, Backup.Manifest.Roles, isScratch: false, ct);
        if (roles.Count > 0)
        {
            progress?.Report($"Made the roles that the server lacked, without login: {string.Join(", ", roles)}.");
        }

        return exists && isEmpty
            ? await InPlaceAsync(programs, roles, checkedAt, ct)
            : await BesideAsync(server, exists, programs, roles, checkedAt, ct);
    }

    private async Task<(bool Exists, bool IsEmpty)> LookAsync(CancellationToken ct)
    {
        long objects;
        string what;
        try
        {
            await using var connection = await options.Target.OpenAsync(ct);
            await using var command = new NpgsqlCommand(Contents, connection);
            await using var reader = await command.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            objects = reader.GetInt64(0) + reader.GetInt64(1);
            what =
                $"{reader.GetInt64(0)} tables, views and sequences, {reader.GetInt64(1)} functions, {(reader.IsDBNull(3) ? "an unknown number of" : $"about {Sizes.Count(reader.GetInt64(3))}")} rows, "
                + Sizes.Of(reader.GetInt64(2));
        }
        catch (MigrationFailedException e)
            when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName })
        {
            return options.CreateDatabase
                ? (false, true)
                : throw new RefusedException(
                    $"The database {Name} does not exist at {options.Target.Server}. Nothing was restored. "
                        + "To have it made, add --create-database; to restore into another one, correct the name in --to."
                );
        }

        if (objects == 0 || (options.OverExistingData && options.ReplacedDatabase == Name))
        {
            return (true, objects == 0);
        }

        throw new RefusedException(
            $"The database {Name} at {options.Target.Server} is not empty: {what}. Nothing was restored."
                + Environment.NewLine
                + (
                    options.ReplacedDatabase is { } other && other != Name
                        ? $"--yes-replace names {other}, and --to leads to {Name}: one of the two is a mistake. "
                        : ""
                )
                + $"To look at the backup beside it: the same command, with {Name}_look for the database's name, and --create-database{Environment.NewLine}"
                + $"To put the backup in its place: the same command, and --over-existing-data --yes-replace {Name}{Environment.NewLine}"
                + $"What is there now is then renamed and kept, until you drop it. Everything written since {Backup.Manifest.Started:yyyy-MM-dd HH:mm:ss} UTC "
                + "is in the renamed one alone."
        );
    }

    private void RefuseOlderServer(Version server)
    {
        if (server.Major < Version.Parse(Backup.Manifest.ServerVersion).Major)
        {
            throw new CouldNotRunException(
                $"The backup is of PostgreSQL {Backup.Manifest.ServerVersion}, and the server at {options.Target.Server} is {server}. "
                    + "PostgreSQL restores to the same major version or a newer one. Nothing was restored."
            );
        }
    }

    // Creating and renaming is done from another database.
    private async Task<NpgsqlConnection> OpenServerAsync(CancellationToken ct)
    {
        MigrationFailedException? first = null;
        foreach (var database in new[] { "postgres", "template1" }.Where(database => database != Name))
        {
            var settings = options.Target.ToBuilder();
            settings.Database = database;
            // A pooled session left in template1 would keep everybody from creating databases.
            settings.Pooling = false;
            try
            {
                return await PostgresConnectionString.From(settings).OpenAsync(ct);
            }
            catch (MigrationFailedException e)
            {
                first ??= e;
            }
        }

        throw new CouldNotRunException(
            $"A database is made and renamed from another one, and neither postgres nor template1 lets this role in. {first!.Message}"
        );
    }

    private async Task<RestoreResult> InPlaceAsync(
        PgPrograms programs,
        IReadOnlyList<string> roles,
        TimeSpan checkedAt,
        CancellationToken ct
    )
    {
        var clock = Stopwatch.StartNew();
        var half =
            $"{Environment.NewLine}{Name} was empty before and now holds a part of the backup: it must not be used. "
            + $"To do: drop it and restore again, with --create-database: psql -c 'DROP DATABASE {SqlName.Quote(Name)}' …/postgres";
        try
        {
            await ArchiveRestore.RunAsync(Backup, programs, Unpooled(Name), options.Jobs, progress, [], ct);
        }
        catch (ArchiveException e)
        {
            throw new CouldNotRunException($"The backup was not restored: {e.Message}{half}");
        }
        catch (OperationCanceledException)
        {
            throw new InterruptedException($"Ended before it was done.{half}", ct);
        }

        var restored = clock.Elapsed;
        var contents = await RestoredContents.CompareAsync(Backup, Unpooled(Name).ConnectionString, options.Jobs, ct);
        return Result(null, contents, roles, [], checkedAt, restored, clock.Elapsed - restored);
    }

    private async Task<RestoreResult> BesideAsync(
        NpgsqlConnection server,
        bool exists,
        PgPrograms programs,
        IReadOnlyList<string> roles,
        TimeSpan checkedAt,
        CancellationToken ct
    )
    {
        var clock = Stopwatch.StartNew();
        var now = $"{DateTimeOffset.UtcNow:yyyyMMdd'T'HHmmss'Z'}";
        var beside = Shortened(Name, $"_restoring_{now}");
        var notes = new List<string>();
        try
        {
            if (await RestoredDatabase.CreateAsync(server, beside, Backup.Manifest, ct) is { } note)
            {
                notes.Add(note);
            }
        }
        catch (PostgresException e)
        {
            throw new CouldNotRunException(
                $"The database could not be made: {e.MessageText}. Nothing was restored."
                    + (
                        e.SqlState == PostgresErrorCodes.InsufficientPrivilege
                            ? $" To do: have a superuser run ALTER ROLE {SqlName.Quote(options.Target.Username ?? "")} CREATEDB; and restore again."
                            : ""
                    )
            );
        }

        try
        {
            progress?.Report(
                exists
                    ? $"Restoring into {beside}, which takes {Name}'s place when it is whole."
                    : $"Restoring into {beside}, which is called {Name} when it is whole."
            );
            await ArchiveRestore.RunAsync(Backup, programs, Unpooled(beside), options.Jobs, progress, [], ct);
            var restored = clock.Elapsed;
            var contents = await RestoredContents.CompareAsync(
                Backup,
                Unpooled(beside).ConnectionString,
                options.Jobs,
                ct
            );
            var compared = clock.Elapsed - restored;
            if (contents.Rows.Count > 0)
            {
                throw new ArchiveException(
                    "what came out is not what went in:"
                        + Environment.NewLine
                        + "  "
                        + string.Join(Environment.NewLine + "  ", contents.Rows)
                );
            }

            notes.AddRange(
                (await RestoredDatabase.EquipAsync(server, beside, Backup.Manifest, ct)).Select(refused =>
                    $"Not done: {refused}"
                )
            );
            var kept = exists ? Shortened(Name, $"_before_{now}") : null;
            await TakePlaceAsync(server, beside, kept, ct);
            return Result(kept, contents, roles, notes, checkedAt, restored, compared);
        }
        catch (Exception e)
        {
            await DropAsync(server, beside);
            var state =
                $"{Environment.NewLine}{beside} is dropped again. "
                + (exists ? $"{Name} is as it was." : $"{Name} was not made.");
            switch (e)
            {
                case ArchiveException:
                    throw new CouldNotRunException($"The backup was not restored: {e.Message}{state}");
                case PostgresException p:
                    throw new CouldNotRunException(
                        $"The backup was not restored: {p.MessageText} ({p.SqlState}).{state}"
                    );
                default:
                    progress?.Report($"Interrupted.{state}");
                    throw;
            }
        }
    }

    private async Task TakePlaceAsync(NpgsqlConnection server, string beside, string? kept, CancellationToken ct)
    {
        if (kept is null)
        {
            await ExecuteAsync(server, $"ALTER DATABASE {SqlName.Quote(beside)} RENAME TO {SqlName.Quote(Name)}", ct);
            return;
        }

        // Nobody gets in any more, who is in is put out, and both names change at one moment or not at all.
        progress?.Report($"Ending the sessions of {Name} and renaming it to {kept}.");
        await ExecuteAsync(server, $"ALTER DATABASE {SqlName.Quote(Name)} ALLOW_CONNECTIONS false", ct);
        try
        {
            await ExecuteAsync(
                server,
                $"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = {SqlName.Literal(Name)}",
                ct
            );
            await ExecuteAsync(
                server,
                $"""
                BEGIN;
                ALTER DATABASE {SqlName.Quote(Name)} RENAME TO {SqlName.Quote(kept)};
                ALTER DATABASE {SqlName.Quote(beside)} RENAME TO {SqlName.Quote(Name)};
                COMMIT;
                """,
                ct
            );
        }
        catch
        {
            await ExecuteAsync(server, "ROLLBACK", CancellationToken.None);
            await ExecuteAsync(
                server,
                $"ALTER DATABASE {SqlName.Quote(Name)} ALLOW_CONNECTIONS true",
                CancellationToken.None
            );
            throw;
        }

        await ExecuteAsync(
            server,
            $"ALTER DATABASE {SqlName.Quote(kept)} ALLOW_CONNECTIONS true",
            CancellationToken.None
        );
    }

    private static async Task DropAsync(NpgsqlConnection server, string database)
    {
        try
        {
            await ExecuteAsync(
                server,
                $"DROP DATABASE IF EXISTS {SqlName.Quote(database)} WITH (FORCE)",
                CancellationToken.None
            );
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The server is gone, and the first reason says so.
        }
    }

    private RestoreResult Result(
        string? kept,
        RestoredContents contents,
        IReadOnlyList<string> roles,
        IReadOnlyList<string> notes,
        TimeSpan check,
        TimeSpan restore,
        TimeSpan compare
    ) =>
        new(
            Backup.Directory,
            options.Target.ToString(),
            kept,
            contents,
            Backup.Manifest.Tables.Count,
            Backup.Manifest.Rows,
            roles,
            notes,
            check.TotalSeconds,
            restore.TotalSeconds,
            compare.TotalSeconds
        );

    private NpgsqlConnectionStringBuilder Unpooled(string database)
    {
        var settings = options.Target.ToBuilder();
        settings.Database = database;
        // An idle pooled session would keep the database from being renamed.
        settings.Pooling = false;
        return settings;
    }

    // A name has 63 bytes.
    private static string Shortened(string name, string suffix) =>
        (name.Length + suffix.Length > 63 ? name[..(63 - suffix.Length)] : name) + suffix;

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }
}
