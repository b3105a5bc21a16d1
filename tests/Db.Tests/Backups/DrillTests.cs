using System.Text.Json;
using Db.Backups;
using Npgsql;
using Xunit;

namespace Db.Tests.Backups;

public sealed class DrillTests(PostgresServer postgres) : IDisposable
{
    private readonly BackupFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_good_backup_passes_its_drill_and_keeps_the_record()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, BackupTests.Users(1, 100));
        await PostgresServer.ExecuteAsync(
            database,
            $"ALTER DATABASE \"{database.Name}\" SET statement_timeout = '5min'"
        );
        var backup = await _folder.TakeAsync(database);
        Assert.Null(backup.Drill());

        var result = await _folder.Tool.RunAsync("backup", "verify", "--json");

        Assert.True(result.ExitCode == 0, result.StandardOutput + result.StandardError);
        Assert.True(JsonDocument.Parse(result.StandardOutput).RootElement.GetProperty("passed").GetBoolean());
        Assert.Equal((true, backup.Manifest.Rows), (backup.Drill()!.Passed, backup.Drill()!.Rows));
        Assert.Equal(backup.Directory, _folder.Store.Newest()!.Directory);
        Assert.Contains(
            "restore drill: passed",
            (await _folder.Tool.RunAsync("backup", "list")).StandardOutput,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_changed_byte_fails_it_and_is_named()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, BackupTests.Users(1, 1000));
        var backup = await _folder.TakeAsync(database);
        var file = backup
            .Manifest.Files.Where(f => f.Path.EndsWith(".gz", StringComparison.Ordinal))
            .MaxBy(f => f.Bytes)!;
        await using (var stream = File.Open(Path.Combine(backup.Directory, file.Path), FileMode.Open))
        {
            stream.Position = file.Bytes / 2;
            var was = stream.ReadByte();
            stream.Position--;
            stream.WriteByte((byte)(was ^ 1));
        }

        var verify = await _folder.Tool.RunAsync("backup", "verify");
        var restore = await _folder.Tool.RunAsync(
            "restore",
            "--from",
            backup.Name,
            "--to",
            postgres.Server.ConnectionStringTo("never_made"),
            "--create-database"
        );

        Assert.Equal(1, verify.ExitCode);
        Assert.Contains($"{file.Path} was changed", verify.StandardOutput, StringComparison.Ordinal);
        Assert.False(backup.Drill()!.Passed);
        Assert.Null(_folder.Store.Newest());
        Assert.Equal(2, restore.ExitCode);
        Assert.Contains($"{file.Path} was changed", restore.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_are_missing_fail_it()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, BackupTests.Users(1, 10));
        var backup = await _folder.TakeAsync(database);
        // As if pg_dump had lost one, and everything else were in order.
        var wrong = BackupJson.WithDigest(
            backup.Manifest with
            {
                Tables =
                [
                    .. backup.Manifest.Tables.Select(table => table.Name == "users" ? table with { Rows = 11 } : table),
                ],
            }
        );
        await File.WriteAllBytesAsync(
            Path.Combine(backup.Directory, Backup.ManifestFile),
            BackupJson.Write(wrong),
            TestContext.Current.CancellationToken
        );

        var drill = await _folder.DrillAsync(Backup.Open(backup.Directory));

        Assert.False(drill.Passed);
        Assert.Equal(
            "public.users: 11 rows were backed up, 10 are there",
            Assert.Single(drill.RowDifferences).ToString()
        );
        Assert.Empty(drill.SchemaDifferences);
    }

    [Fact]
    public async Task Nobody_may_do_more_in_the_scratch_server_than_where_the_backup_was_made()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        var backup = await _folder.TakeAsync(database);
        // As on Supabase, where "postgres" is an ordinary role.
        var manifest = backup.Manifest with
        {
            Roles =
            [
                .. backup.Manifest.Roles.Select(role =>
                    role.Name == backup.Manifest.TakenBy ? role with { Superuser = false, CreateRole = true } : role
                ),
            ],
        };

        await using var scratch = await ScratchDatabase.RestoreAsync(
            backup with
            {
                Manifest = manifest,
            },
            new ScratchOptions(),
            null,
            TestContext.Current.CancellationToken
        );
        var settings = await scratch.ConnectionAsAsync(manifest.TakenBy, TestContext.Current.CancellationToken);

        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(
            "SELECT rolname || ' ' || rolsuper || ' ' || rolcreaterole FROM pg_roles WHERE rolname = current_user",
            connection
        );
        Assert.Equal(
            $"{manifest.TakenBy} false true",
            await command.ExecuteScalarAsync(TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task A_damaged_directory_is_no_backup()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        var missing = await _folder.TakeAsync(database, KeepAll);
        var edited = await _folder.TakeAsync(database, KeepAll);
        var broken = await _folder.TakeAsync(database, KeepAll);
        File.Delete(Path.Combine(missing.Directory, "data", "toc.dat"));
        Edit(edited, text => text.Replace("\"jobs\": ", "\"jobs\": 1", StringComparison.Ordinal));
        Edit(broken, text => text[..100]);
        var foreign = Directory.CreateDirectory(Path.Combine(_folder.Directory, "foreign")).FullName;
        await File.WriteAllTextAsync(Path.Combine(foreign, "toc.dat"), "PGDMP", TestContext.Current.CancellationToken);

        var list = await _folder.Tool.RunAsync("backup", "list");

        Assert.Equal(1, list.ExitCode);
        Assert.Contains(
            $"damaged: {missing.Directory}: data/toc.dat is missing",
            list.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains($"damaged: {edited.Directory}", list.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("was changed after the backup was made", list.StandardOutput, StringComparison.Ordinal);
        Assert.Contains($"damaged: {broken.Directory}", list.StandardOutput, StringComparison.Ordinal);
        Assert.Null(_folder.Store.Newest());
        Assert.Contains(
            "is an archive of pg_dump's own",
            Assert.Throws<CouldNotRunException>(() => Backup.Open(foreign)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "is no backup",
            Assert.Throws<CouldNotRunException>(() => Backup.Open(_folder.Directory)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "There is no directory",
            Assert.Throws<CouldNotRunException>(() => Backup.Open("/no/such")).Message,
            StringComparison.Ordinal
        );

        static BackupOptions KeepAll(BackupOptions options) => options with { Keep = null };

        static void Edit(Backup backup, Func<string, string> change)
        {
            var path = Path.Combine(backup.Directory, Backup.ManifestFile);
            File.WriteAllText(path, change(File.ReadAllText(path)));
        }
    }

    [Fact]
    public async Task One_that_is_cut_short_or_has_lost_its_manifest_is_named_and_fails_the_drill()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        var backup = await _folder.TakeAsync(database);
        var file = backup.Manifest.Files.Where(f => f.Path != Backup.SchemaFile).MaxBy(f => f.Bytes)!;
        await using (var stream = File.Open(Path.Combine(backup.Directory, file.Path), FileMode.Open))
        {
            stream.SetLength(file.Bytes / 2);
        }

        var cut = await _folder.Tool.RunAsync("backup", "verify");

        Assert.Equal(1, cut.ExitCode);
        Assert.Contains(
            $"{backup.Directory} failed its drill: It is damaged: {file.Path} has ",
            cut.StandardOutput,
            StringComparison.Ordinal
        );

        File.Delete(Path.Combine(backup.Directory, Backup.ManifestFile));
        var list = await _folder.Tool.RunAsync("backup", "list");
        var newest = await _folder.Tool.RunAsync("backup", "verify");
        var named = await _folder.Tool.RunAsync("backup", "verify", backup.Name);

        Assert.Equal(1, list.ExitCode);
        Assert.Contains(
            $"damaged: {backup.Directory}: manifest.json is missing",
            list.StandardOutput,
            StringComparison.Ordinal
        );
        foreach (var verify in new[] { newest, named })
        {
            Assert.Equal(1, verify.ExitCode);
            Assert.Contains(
                $"{backup.Directory} failed its drill: It is damaged: manifest.json is missing",
                verify.StandardOutput,
                StringComparison.Ordinal
            );
        }

        // One that is whole and newer is the newest, and what is damaged beside it is said all the same.
        var whole = await _folder.TakeAsync(database);
        var beside = await _folder.Tool.RunAsync("backup", "verify");
        Assert.True(beside.ExitCode == 0, beside.StandardOutput + beside.StandardError);
        Assert.Contains($"damaged: {backup.Directory}: ", beside.StandardOutput, StringComparison.Ordinal);
        Assert.Contains($"{whole.Name} can be restored", beside.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Old_ones_are_removed_and_said_and_other_databases_are_left_alone()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await using var other = await postgres.MigratedDatabaseAsync();
        var others = await _folder.TakeAsync(other);
        var first = await _folder.TakeAsync(database);
        var (second, removed) = await TakeAsync();

        Assert.Equal(
            $"Removed {first.Directory}: {second.Name} is newer, of the same day and after the same migrations.",
            Assert.Single(removed).ToString()
        );
        Assert.False(Directory.Exists(first.Directory), "Two of one day were kept.");
        Assert.True(Directory.Exists(second.Directory));
        Assert.True(Directory.Exists(others.Directory), "Another database's backup was removed.");

        async Task<(Backup, IReadOnlyList<RemovedBackup>)> TakeAsync()
        {
            var made = await new BackupRun(
                BackupFolder.Named(database),
                new BackupOptions { Store = _folder.Store },
                null
            ).RunAsync(TestContext.Current.CancellationToken);
            return (Backup.Open(made.Directory), made.RemovedOld);
        }
    }
}
