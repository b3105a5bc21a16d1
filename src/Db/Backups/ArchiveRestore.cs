using System.Globalization;
using Npgsql;

namespace Db.Backups;

/// <summary>Runs pg_restore.</summary>
internal static class ArchiveRestore
{
    /// <summary>Restores into an empty database: everything, or what further arguments of pg_restore's name.</summary>
    /// <param name="backup">The backup, checked before.</param>
    /// <param name="programs">pg_restore.</param>
    /// <param name="target">The database.</param>
    /// <param name="jobs">How many tables and indexes at a time.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="only">Further arguments: <c>--schema-only</c>.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="ArchiveException">It failed: its message says why, not what is left.</exception>
    public static async Task RunAsync(
        Backup backup,
        PgPrograms programs,
        NpgsqlConnectionStringBuilder target,
        int jobs,
        IProgress<string>? progress,
        IReadOnlyList<string> only,
        CancellationToken ct
    )
    {
        string host;
        int port;
        await using (var connection = new NpgsqlConnection(target.ConnectionString))
        {
            await connection.OpenAsync(ct);
            (host, port) = (connection.Host ?? "", connection.Port);
        }

        var restored = new TableProgress("restored", jobs, backup.Manifest.Tables, progress);
        await using var heartbeat = new Heartbeat(
            async token =>
                $"{Sizes.Of(await SizeAsync(target, token))} of about {Sizes.Of(backup.Manifest.Properties.Bytes)} restored, indexes included.",
            progress
        );
        var outcome = await PgProcess.RunAsync(
            programs.Restore,
            [
                $"--dbname={target.Database}",
                $"--jobs={jobs.ToString(CultureInfo.InvariantCulture)}",
                "--exit-on-error",
                "--no-password",
                "--verbose",
                .. only,
                backup.Data,
            ],
            LibpqEnvironment.Of(target, host, port, programs.Version.Major),
            restored.Take,
            ct: ct
        );
        if (outcome.ExitCode != 0)
        {
            throw new ArchiveException($"pg_restore failed: {outcome.Errors}");
        }
    }

    private static async Task<long> SizeAsync(NpgsqlConnectionStringBuilder target, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(target.ConnectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand("SELECT pg_database_size(current_database())", connection);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>The extensions of a backup that a server does not have.</summary>
    public static async Task<IReadOnlyList<string>> MissingExtensionsAsync(
        NpgsqlConnection server,
        BackupManifest manifest,
        CancellationToken ct
    )
    {
        await using var command = new NpgsqlCommand(
            "SELECT e FROM unnest($1) e WHERE e NOT IN (SELECT name FROM pg_available_extensions) ORDER BY 1",
            server
        )
        {
            Parameters = { new() { Value = manifest.Extensions.Select(extension => extension.Name).ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var missing = new List<string>();
        while (await reader.ReadAsync(ct))
        {
            missing.Add(reader.GetString(0));
        }

        return missing;
    }
}

/// <summary>pg_restore could not restore an archive.</summary>
internal sealed class ArchiveException(string message) : Exception(message);
