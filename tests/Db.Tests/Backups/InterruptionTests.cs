using System.Diagnostics;
using CliWrap;
using CliWrap.Buffered;
using Db.Backups;
using LocalPostgres;
using Xunit;

namespace Db.Tests.Backups;

/// <summary>Whatever is killed while a backup is made: no part of one is taken for a whole.</summary>
public sealed class InterruptionTests(PostgresServer postgres) : IDisposable
{
    private readonly BackupFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_killed_pg_dump_leaves_nothing()
    {
        await using var database = await LargeAsync();
        var making = _folder.TakeAsync(database, Slowly);

        var dump = (await MarksAsync())[1];
        Process.GetProcessById(dump).Kill();

        var failed = await Assert.ThrowsAsync<CouldNotRunException>(() => making);
        Assert.Contains("No backup was made: pg_dump failed.", failed.Message, StringComparison.Ordinal);
        Assert.Contains("signal 9", failed.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Store.Directory));
    }

    [Fact]
    public async Task An_interrupt_ends_pg_dump_and_removes_its_part()
    {
        await using var database = await LargeAsync();
        var running = Start(database);

        var marks = await MarksAsync();
        await Tool.InterruptAsync(running.ProcessId);
        var result = await running;
        Assert.Equal(130, result.ExitCode);
        Assert.EndsWith(
            "Ended before it was done; nothing is left half-done.\n",
            result.StandardError,
            StringComparison.Ordinal
        );
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Store.Directory));
        Assert.False(IsRunning(marks[1]), "pg_dump is still running.");
    }

    [Fact]
    public async Task What_a_killed_tool_leaves_is_no_backup_and_goes_with_the_next()
    {
        await using var database = await LargeAsync();
        var running = Start(database);

        var marks = await MarksAsync();
        Process.GetProcessById(running.ProcessId).Kill();
        await running;
        var list = await _folder.Tool.RunAsync("backup", "list");

        Assert.Equal(0, list.ExitCode);
        Assert.Contains("There is no backup in ", list.StandardOutput, StringComparison.Ordinal);
        var partial = Assert.Single(Directory.EnumerateDirectories(_folder.Store.Directory));
        Assert.Contains($"not a backup: {partial}: ", list.StandardOutput, StringComparison.Ordinal);
        var opened = Assert.Throws<CouldNotRunException>(() => Backup.Open(partial));
        Assert.Contains("was never finished", opened.Message, StringComparison.Ordinal);
        Assert.Null(_folder.Store.Newest());

        // pg_dump has lost its listener; it ends by itself, or here.
        using (var orphan = TryFind(marks[1]))
        {
            orphan?.Kill();
        }

        while (Assert.Single(_folder.Store.Leftovers()).State != LeftoverState.Interrupted)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await _folder.TakeAsync(database);

        Assert.False(Directory.Exists(partial), $"{partial} was not removed.");
        Assert.NotNull(_folder.Store.Newest());
    }

    private static BackupOptions Slowly(BackupOptions options) => options with { Compression = "9", Jobs = 1 };

    private CommandTask<BufferedCommandResult> Start(TestDatabase database) =>
        _folder
            .Tool.With("MIGRATE_DATABASE_URL", database.ConnectionUri)
            .Command("backup", "--compress", "9", "--jobs", "1")
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);

    // Some seconds of gzip's hardest work.
    private async Task<TestDatabase> LargeAsync()
    {
        var database = await postgres.Server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await PostgresServer.ExecuteAsync(
            database,
            "CREATE TABLE t AS SELECT i, repeat(md5(i::text), 8) AS x FROM generate_series(1, 300000) i"
        );
        return database;
    }

    // The tool's process, then pg_dump's, as the unfinished backup names them once both run.
    private async Task<IReadOnlyList<int>> MarksAsync()
    {
        while (true)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            if (Directory.Exists(_folder.Store.Directory))
            {
                foreach (var partial in Directory.EnumerateDirectories(_folder.Store.Directory, "*.partial"))
                {
                    var marks = Path.Combine(partial, "made-by");
                    // Its first file: there is something to lose.
                    if (
                        File.Exists(marks)
                        && await File.ReadAllLinesAsync(marks) is [var tool, var dump]
                        && Directory.Exists(Path.Combine(partial, "data"))
                        && Directory.EnumerateFiles(Path.Combine(partial, "data")).Any()
                    )
                    {
                        return [Number(tool), Number(dump)];
                    }
                }
            }

            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        static int Number(string mark) => int.Parse(mark.Split('/')[1], null);
    }

    private static Process? TryFind(int id)
    {
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static bool IsRunning(int id)
    {
        using var process = TryFind(id);
        return process is not null;
    }
}
