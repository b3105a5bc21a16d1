using Db.Backups;
using Db.Databases;
using LocalPostgres;
using MigrationSafety.Connections;
using Xunit;

namespace Db.Tests.Backups;

/// <summary>A directory of backups for one test.</summary>
internal sealed class BackupFolder : IDisposable
{
    public BackupFolder() => Directory = System.IO.Directory.CreateTempSubdirectory("backups-").FullName;

    public string Directory { get; }

    public BackupStore Store => new(Path.Combine(Directory, "store"));

    /// <summary>The tool, with this store for its own.</summary>
    public Tool Tool => new Tool { Directory = Directory }.With(BackupStore.Variable, Store.Directory);

    public static NamedDatabase Named(TestDatabase database) =>
        new(PostgresConnectionString.Parse(database.ConnectionString), "the test");

    /// <summary>Makes a backup in this process.</summary>
    public async Task<Backup> TakeAsync(TestDatabase database, Func<BackupOptions, BackupOptions>? with = null)
    {
        var options = new BackupOptions { Store = Store };
        var result = await new BackupRun(Named(database), with?.Invoke(options) ?? options, null).RunAsync(
            TestContext.Current.CancellationToken
        );
        return Backup.Open(result.Directory);
    }

    public Task<DrillResult> DrillAsync(Backup backup) =>
        RestoreDrill.RunAsync(backup, new ScratchOptions(), null, TestContext.Current.CancellationToken);

    /// <summary>A directory with a pg_dump and a pg_restore of our own making.</summary>
    public string Programs(string dump)
    {
        var directory = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "bin")).FullName;
        foreach (var (name, script) in new[] { ("pg_dump", dump), ("pg_restore", "exit 1") })
        {
            Script.Write(Path.Combine(directory, name), script);
        }

        return directory;
    }

    /// <summary>Where the real programs lie.</summary>
    public static async Task<PgPrograms> RealProgramsAsync(TestDatabase database)
    {
        await using var connection = await Named(database).OpenAsync(TestContext.Current.CancellationToken);
        return await PgPrograms.FindAsync(
            connection.PostgreSqlVersion,
            "The server",
            null,
            TestContext.Current.CancellationToken
        );
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
