using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text;
using Db.Commands;
using Db.Databases;
using MigrationSafety.Schema;
using Npgsql;

namespace Db.Backups;

/// <summary>What a backup shall be.</summary>
internal sealed record BackupOptions
{
    /// <summary>Where it is put.</summary>
    public required BackupStore Store { get; init; }

    /// <summary>The option that names it in the command that was typed.</summary>
    public string StoreOption { get; init; } = "--to";

    /// <summary>How many tables are copied at a time.</summary>
    public int Jobs { get; init; } = DefaultJobs;

    /// <summary>pg_dump's --compress. Level 1 of gzip takes half the time of pg_dump's own default, for a few percent more room.</summary>
    public string Compression { get; init; } = "1";

    /// <summary>Of how many days one is kept; null to remove none.</summary>
    public int? Keep { get; init; } = 7;

    /// <summary>The release that it is made for; null for none.</summary>
    public string? Release { get; init; }

    /// <summary>Where pg_dump lies; null to look for it.</summary>
    public string? PgBin { get; init; }

    /// <summary>Schemas that are left out.</summary>
    public IReadOnlyList<string> ExcludedSchemas { get; init; } = [];

    /// <summary>How long to wait for a lock that a change of a table holds.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>As many as pays on a small machine, and no more than a database in use can bear.</summary>
    public static int DefaultJobs => Math.Clamp(Environment.ProcessorCount, 1, 4);
}

/// <summary>What was made, and what was removed for it.</summary>
/// <param name="Directory">The backup's directory.</param>
/// <param name="Manifest">What it is.</param>
/// <param name="RemovedLeftovers">Unfinished backups of earlier, interrupted runs.</param>
/// <param name="RemovedOld">Backups that are not to be kept any longer.</param>
internal sealed record BackupResult(
    string Directory,
    BackupManifest Manifest,
    IReadOnlyList<string> RemovedLeftovers,
    IReadOnlyList<RemovedBackup> RemovedOld
);

/// <summary>Makes a backup with pg_dump, with everything that is needed to trust it.</summary>
internal sealed class BackupRun(NamedDatabase database, BackupOptions options, IProgress<string>? progress)
{
    /// <summary>Makes it. Whatever ends it early, no directory is left that could be taken for a backup.</summary>
    /// <exception cref="CouldNotRunException">It could not be made; the message is complete.</exception>
    public async Task<BackupResult> RunAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var version = connection.PostgreSqlVersion;
        var programs = await PgPrograms.FindAsync(
            version,
            $"The server at {database.Connection.Server}",
            options.PgBin,
            ct
        );
        var started = DateTimeOffset.UtcNow;
        var leftovers = options.Store.RemoveLeftovers();
        foreach (var leftover in leftovers)
        {
            progress?.Report($"Removed {leftover}, which an interrupted backup had left.");
        }

        var (partial, final) = Begin(connection.Database, started);
        try
        {
            var manifest = await MakeAsync(connection, programs, version, started, partial, final, ct);
            BackupStore.Finish(partial, final);
            var old = options.Keep is { } days ? options.Store.RemoveOld(manifest, days) : [];
            return new BackupResult(final, manifest, leftovers, old);
        }
        catch (Exception e)
        {
            var left = Remove(partial);
            if (e is IOException && IsDiskFull(e))
            {
                throw new CouldNotRunException(DiskFull() + left);
            }

            if (e is PostgresException postgres && Explain(postgres) is { } why)
            {
                throw new CouldNotRunException(why + left);
            }

            throw;
        }
    }

    private (string Partial, string Final) Begin(string name, DateTimeOffset started)
    {
        try
        {
            return options.Store.Begin(name, started);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CouldNotRunException(
                $"{options.Store.Directory} cannot be written: {e.Message} No backup was made. "
                    + $"Name another directory with {options.StoreOption}, or in {BackupStore.Variable}."
            );
        }
    }

    private async Task<BackupManifest> MakeAsync(
        NpgsqlConnection connection,
        PgPrograms programs,
        Version version,
        DateTimeOffset started,
        string partial,
        string final,
        CancellationToken ct
    )
    {
        var source = new SourceDatabase(connection);
        var point = RestorePointName(connection.Database, started);
        var noPoint = await source.MakeRestorePointAsync(point, ct);
        var log = await source.LogAsync(ct);
        // Not every role may ask, and a refusal would end the transaction.
        var systemIdentifier = await source.SystemIdentifierAsync(ct);
        var snapshot = await source.BeginAsync(options.ExcludedSchemas, options.LockTimeout, ct);
        var tables = await source.TablesAsync(options.ExcludedSchemas, ct);
        var schemas = await source.SchemasAsync(options.ExcludedSchemas, ct);
        progress?.Report(
            $"Backing up {database.Connection}: {tables.Count} tables, {Sizes.Of(tables.Sum(table => table.Bytes))} without indexes, "
                + $"with pg_dump {programs.Version}, {options.Jobs} at a time."
        );
        WarnOfLittleRoom(tables);

        // They go on at the same time: none of them waits for another.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var dumping = DumpAsync(connection, programs, snapshot, tables, partial, stop.Token);
        var reading = ReadSchemaAsync(schemas, partial, stop.Token);
        var looking = LookAsync(source, stop.Token);
        // pg_dump keeps as many processors busy as it has jobs. Where that is all of them, counting meanwhile would take longer than counting
        // afterwards does, when the server may use several processes for it.
        var counting =
            Environment.ProcessorCount > options.Jobs
                ? CountAsync(source, tables, looking, alone: false, stop.Token)
                : CountAsync(source, tables, Task.WhenAll(looking, dumping), alone: true, stop.Token);
        // Where the session fails, the dump fails after it, for want of the snapshot.
        await AllOrNoneAsync(stop, looking, reading, counting, dumping);
        var seen = await looking;
        // Its locks must be gone when whoever called this goes on.
        await source.EndAsync(ct);

        var compression = string.Create(CultureInfo.InvariantCulture, $"--compress={options.Compression}");
        OwnerOnly.Close(partial);
        var files = await FilesAsync(partial, ct);
        var manifest = BackupJson.WithDigest(
            new BackupManifest
            {
                Tool = Tool,
                Release = options.Release,
                Database = connection.Database,
                Server = database.Connection.Server,
                SystemIdentifier = systemIdentifier,
                TakenBy = seen.User,
                ServerVersion = version.ToString(),
                DumpVersion = programs.Version.ToString(),
                Started = started,
                Finished = DateTimeOffset.UtcNow,
                Jobs = options.Jobs,
                Compression = compression,
                ExcludedSchemas = options.ExcludedSchemas,
                LastMigration = seen.Migrations.Count > 0 ? seen.Migrations[^1] : null,
                Migrations = seen.Migrations,
                Log = new LogPosition(
                    log.Position,
                    log.Time.ToUniversalTime(),
                    log.Archiving,
                    noPoint is null ? point : null,
                    noPoint
                ),
                Properties = seen.Properties,
                Schemas = schemas,
                Tables = await counting,
                Roles = seen.Roles,
                Extensions = seen.Extensions,
                Files = files,
            }
        );
        OwnerOnly.WriteFile(Path.Combine(partial, Backup.ManifestFile), BackupJson.Write(manifest));
        return manifest;
    }

    private static string Tool =>
        "db "
        + (
            typeof(BackupRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "0"
        );

    private async Task DumpAsync(
        NpgsqlConnection connection,
        PgPrograms programs,
        string snapshot,
        IReadOnlyList<TableRows> tables,
        string partial,
        CancellationToken ct
    )
    {
        var copied = new TableProgress("copied", options.Jobs, tables, progress);
        await using var heartbeat = new Heartbeat(
            _ => Task.FromResult($"{Sizes.Of(Written(partial))} written."),
            progress
        );
        var outcome = await PgProcess.RunAsync(
            programs.Dump,
            [
                "--format=directory",
                $"--file={Path.Combine(partial, Backup.DataDirectory)}",
                $"--jobs={options.Jobs.ToString(CultureInfo.InvariantCulture)}",
                $"--compress={options.Compression}",
                $"--snapshot={snapshot}",
                $"--lock-wait-timeout={((long)options.LockTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)}",
                "--no-password",
                "--verbose",
                // In double quotes a name is a name and no pattern.
                .. options.ExcludedSchemas.Select(schema => $"--exclude-schema={SqlName.Quote(schema)}"),
            ],
            LibpqEnvironment.Of(
                database.Connection.ToBuilder(),
                connection.Host ?? "",
                connection.Port,
                programs.Version.Major
            ),
            copied.Take,
            mark => BackupStore.Mark(partial, mark),
            ct
        );
        if (outcome.ExitCode != 0)
        {
            throw new CouldNotRunException(Explain(outcome));
        }
    }

    private async Task ReadSchemaAsync(IReadOnlyList<string> schemas, string partial, CancellationToken ct)
    {
        // A session of its own: the other one counts. The tables are locked, so both see one shape.
        var schema = await SchemaSnapshot.ReadAsync(database.Connection.KeyValue, Backup.ScopeOf(schemas), ct);
        OwnerOnly.WriteFile(Path.Combine(partial, Backup.SchemaFile), Encoding.UTF8.GetBytes(schema.ToText()));
    }

    private sealed record Seen(
        string User,
        DatabaseProperties Properties,
        IReadOnlyList<string> Migrations,
        IReadOnlyList<BackupRole> Roles,
        IReadOnlyList<BackupExtension> Extensions
    );

    private static async Task<Seen> LookAsync(SourceDatabase source, CancellationToken ct) =>
        new(
            await source.UserAsync(ct),
            await source.PropertiesAsync(ct),
            await source.MigrationsAsync(ct),
            await source.RolesAsync(ct),
            await source.ExtensionsAsync(ct)
        );

    private static async Task<IReadOnlyList<TableRows>> CountAsync(
        SourceDatabase source,
        IReadOnlyList<TableRows> tables,
        Task behind,
        bool alone,
        CancellationToken ct
    )
    {
        try
        {
            await behind;
        }
        catch (Exception)
        {
            // What failed is told by itself, and ends this.
            ct.ThrowIfCancellationRequested();
            return [];
        }

        if (!alone)
        {
            await source.UseOneProcessAsync(ct);
        }

        var rows = new List<TableRows>();
        foreach (var table in tables)
        {
            rows.Add(table with { Rows = await source.CountAsync(table, ct) });
        }

        return rows;
    }

    // The first that fails ends the others; its reason is the one that counts.
    private static async Task AllOrNoneAsync(CancellationTokenSource stop, params Task[] tasks)
    {
        var running = tasks.ToList();
        Exception? first = null;
        while (running.Count > 0)
        {
            var done = await Task.WhenAny(running);
            running.Remove(done);
            try
            {
                await done;
            }
            catch (Exception e)
            {
                first ??= e;
                await stop.CancelAsync();
            }
        }

        if (first is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        }
    }

    private static async Task<IReadOnlyList<BackupFile>> FilesAsync(string partial, CancellationToken ct)
    {
        var files = new ConcurrentBag<BackupFile>();
        await Parallel.ForEachAsync(
            Backup
                .FilesIn(partial)
                .Where(path =>
                    path == Backup.SchemaFile || path.StartsWith(Backup.DataDirectory + "/", StringComparison.Ordinal)
                ),
            ct,
            async (path, token) =>
            {
                var full = Path.Combine(partial, path);
                files.Add(new BackupFile(path, new FileInfo(full).Length, await FileChecksum.Sha256Async(full, token)));
            }
        );
        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    // 63 bytes at most; the time tells them apart.
    private static string RestorePointName(string database, DateTimeOffset started)
    {
        var safe = string.Concat(database.Select(c => char.IsAsciiLetterOrDigit(c) || c == '_' ? c : '_'));
        return $"backup_{(safe.Length > 30 ? safe[..30] : safe)}_{started:yyyyMMdd'T'HHmmss'Z'}";
    }

    private void WarnOfLittleRoom(IReadOnlyList<TableRows> tables)
    {
        var needed = tables.Sum(table => table.Bytes);
        if (FreeBytes() is { } free && free < needed)
        {
            progress?.Report(
                $"{options.Store.Directory} has {Sizes.Of(free)} free and the tables are {Sizes.Of(needed)}: compressed, they may fit. "
                    + "If they do not, nothing is left behind."
            );
        }
    }

    private long? FreeBytes()
    {
        try
        {
            return new DriveInfo(options.Store.Directory).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private string Explain(PgOutcome outcome)
    {
        if (outcome.Complains("No space left on device") || outcome.Complains("Disk quota exceeded"))
        {
            return DiskFull();
        }

        var advice =
            outcome.Complains("permission denied for") || outcome.Complains("affected by row-level security")
                ? " To do: connect as the owner of everything (MIGRATE_DATABASE_URL), or leave out what is the hosting "
                    + "provider's own: --exclude-schema NAME."
            : outcome.Complains("could not obtain lock on relation") || outcome.Complains("lock timeout")
                ? " A change of that table was waiting or running. To do: back up again when it is over."
            : outcome.Complains("invalid compression")
            || outcome.Complains("could not parse compression")
            || outcome.Complains("not supported by this installation")
            || outcome.Complains("must be in range")
                ? " To do: give --compress a level from 0 to 9, or a method that this pg_dump knows."
            : " To do: correct what it says, then run it again.";
        return $"No backup was made: pg_dump failed. {outcome.Errors}{Environment.NewLine}What it had written is removed."
            + advice;
    }

    private string? Explain(PostgresException e) =>
        e.SqlState switch
        {
            PostgresErrorCodes.LockNotAvailable =>
                $"No backup was made: a table is locked against reading, by a migration or another change of its shape, for more than "
                    + $"{Sizes.Of(options.LockTimeout)}. To do: back up again when it is over; {ToolCommand.OnDatabase(["status"])} shows the migrations.",
            PostgresErrorCodes.InsufficientPrivilege =>
                $"No backup was made: {e.MessageText}. A part of the data would be missing. To do: connect as the owner of everything "
                    + "(MIGRATE_DATABASE_URL), or leave out what is the hosting provider's own: --exclude-schema NAME.",
            _ => null,
        };

    private string DiskFull() =>
        $"No backup was made: the disk of {options.Store.Directory} is full"
        + (FreeBytes() is { } free ? $" ({Sizes.Of(free)} free)" : "")
        + $". What was written is removed. To do: make room ({options.Store.ToList} shows what is there), or name another directory with {options.StoreOption} or in {BackupStore.Variable}.";

    private static bool IsDiskFull(Exception e) =>
        // ENOSPC, EDQUOT; ERROR_DISK_FULL
        (e.HResult & 0xFFFF)
            is 28
                or 122
                or 112
        || e.Message.Contains("No space left on device", StringComparison.Ordinal);

    private static long Written(string partial) =>
        Backup.FilesIn(partial).Sum(path => new FileInfo(Path.Combine(partial, path)).Length);

    private static string Remove(string partial)
    {
        const int attempts = 5;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Directory.Delete(partial, recursive: true);
                return "";
            }
            catch (IOException) when (attempt < attempts)
            {
                // A worker of a killed pg_dump may still make a file.
                Thread.Sleep(TimeSpan.FromMilliseconds(100));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return $" ({partial} could not be removed: {e.Message} It is no backup; the next one tries again.)";
            }
        }
    }
}
