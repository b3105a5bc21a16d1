using Db.Backups;
using Db.Bundles;
using MigrationSafety.Schema;
using Npgsql;

namespace Db.Rehearsing;

/// <summary>
/// What the bundle's migrations make of an empty database, before this release and after it. Whatever else a copy of production holds was
/// done by hand; and what the committed snapshot says otherwise is stale.
/// </summary>
/// <param name="Before">After the migrations that production has; null where it has none.</param>
/// <param name="After">After all of them.</param>
internal sealed record MigrationsAlone(SchemaSnapshot? Before, SchemaSnapshot After)
{
    private const string Name = "rehearsal_from_nothing";

    /// <summary>Runs them in a database of their own, on the rehearsal's server.</summary>
    /// <param name="scratch">The server.</param>
    /// <param name="manifest">The backup, for the encoding and the owner.</param>
    /// <param name="bundleFor">The bundle, against a database there.</param>
    /// <param name="newest">The newest migration that production has; null where it has none.</param>
    /// <param name="scope">What is read.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>Null, and why, where they do not run there.</returns>
    public static async Task<(MigrationsAlone? Made, string? Problem)> RunAsync(
        ScratchDatabase scratch,
        BackupManifest manifest,
        Func<string, BundleProcess> bundleFor,
        string? newest,
        SchemaSnapshotOptions scope,
        CancellationToken ct
    )
    {
        await using (var connection = new NpgsqlConnection(scratch.ConnectionString))
        {
            await connection.OpenAsync(ct);
            await RestoredDatabase.CreateAsync(connection, Name, manifest, ct);
            await RestoredDatabase.EquipAsync(connection, Name, manifest, ct);
        }

        var empty = new NpgsqlConnectionStringBuilder(scratch.ConnectionString)
        {
            Database = Name,
            Pooling = false,
        }.ConnectionString;
        SchemaSnapshot? before = null;
        if (newest is not null)
        {
            var first = await bundleFor(Name).RunAsync([newest], null, ct);
            if (first.ExitCode != 0)
            {
                return (null, first.Failure);
            }

            before = await SchemaSnapshot.ReadAsync(empty, scope, ct);
        }

        var rest = await bundleFor(Name).RunAsync([], null, ct);
        if (rest.ExitCode != 0)
        {
            return (null, rest.Failure);
        }

        return (new MigrationsAlone(before, await SchemaSnapshot.ReadAsync(empty, scope, ct)), null);
    }
}
