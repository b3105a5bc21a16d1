using System.Text.Json;
using Db.Backups;
using LocalPostgres;
using Npgsql;
using Xunit;

namespace Db.Tests.Backups;

public sealed class BackupTests(PostgresServer postgres) : IDisposable
{
    private readonly BackupFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_backup_says_what_it_holds_and_is_its_owners_alone()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, Users(1, 50));

        var result = await _folder
            .Tool.With("MIGRATE_DATABASE_URL", database.ConnectionUri)
            .RunAsync("backup", "--json");

        Assert.True(result.ExitCode == 0, result.StandardError);
        var json = JsonDocument.Parse(result.StandardOutput).RootElement;
        var backup = Backup.Open(json.GetProperty("directory").GetString()!);
        var manifest = backup.Manifest;
        Assert.Matches($"^{database.Name}-[0-9]{{8}}T[0-9]{{6}}Z$", backup.Name);
        Assert.Equal(database.Name, manifest.Database);
        Assert.Equal(50, Assert.Single(manifest.Tables, table => table.ToString() == "public.users").Rows);
        Assert.EndsWith("_AdoptIndexes", manifest.LastMigration, StringComparison.Ordinal);
        Assert.Equal(manifest.Migrations[^1], manifest.LastMigration);
        Assert.Matches("^[0-9A-F]+/[0-9A-F]+$", manifest.Log.Position);
        Assert.StartsWith($"backup_{database.Name}_", manifest.Log.RestorePoint, StringComparison.Ordinal);
        Assert.Subset(
            manifest.Roles.Select(role => role.Name).ToHashSet(),
            new HashSet<string> { "anon", "authenticated", "service_role" }
        );
        Assert.Contains(manifest.Files, file => file.Path == "data/toc.dat");
        Assert.Empty(await backup.DamagesAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["drill.json", "manifest.json"], Without(backup, manifest.Files.Select(file => file.Path)));
        AssertOwnerOnly(backup.Directory);
        // In the manifests of older backups it does not stand, and is no part of their digest.
        Assert.DoesNotContain("\"release\":", File.ReadAllText(ManifestOf(backup)), StringComparison.Ordinal);
        var password = new NpgsqlConnectionStringBuilder(database.ConnectionString).Password!;
        Assert.DoesNotContain(
            password,
            result.StandardOutput + result.StandardError + File.ReadAllText(ManifestOf(backup)),
            StringComparison.Ordinal
        );

        static IEnumerable<string> Without(Backup backup, IEnumerable<string> known) =>
            Backup.FilesIn(backup.Directory).Except(known).Append("drill.json").Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Rows_are_counted_in_the_snapshot_that_is_dumped()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, Users(1, 1000));
        using var stop = new CancellationTokenSource();
        var written = 0;
        var writer = Task.Run(
            async () =>
            {
                for (var id = 2000; !stop.IsCancellationRequested; id += 10)
                {
                    await PostgresServer.ExecuteAsync(database, Users(id, id + 9));
                    Interlocked.Increment(ref written);
                }
            },
            TestContext.Current.CancellationToken
        );

        var before = Volatile.Read(ref written);
        var backup = await _folder.TakeAsync(database);
        var during = Volatile.Read(ref written) - before;
        await stop.CancelAsync();
        await writer;
        var drill = await _folder.DrillAsync(backup);

        Assert.True(during > 1, "Nothing was written while the backup was made.");
        Assert.True(drill.Passed, Said(drill));
    }

    [Fact]
    public async Task The_password_is_on_no_command_line()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        var real = await BackupFolder.RealProgramsAsync(database);
        var seen = Path.Combine(_folder.Directory, "seen");
        var programs = _folder.Programs(
            $"""
            [ "$1" = --version ] || printf '%s\n' "$@" "PGPASSWORD=$PGPASSWORD" >'{seen}'
            exec '{real.Dump}' "$@"
            """
        );

        await _folder.TakeAsync(database, options => options with { PgBin = programs });

        var password = new NpgsqlConnectionStringBuilder(database.ConnectionString).Password;
        var lines = await File.ReadAllLinesAsync(seen, TestContext.Current.CancellationToken);
        Assert.Equal(
            [$"PGPASSWORD={password}"],
            lines.Where(line => line.Contains(password!, StringComparison.Ordinal))
        );
        Assert.Contains("--format=directory", lines);
    }

    [Fact]
    public async Task A_client_older_than_the_server_is_named_with_what_to_install()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        var programs = _folder.Programs("echo 'pg_dump (PostgreSQL) 12.22'");

        var result = await _folder
            .Tool.With("MIGRATE_DATABASE_URL", database.ConnectionUri)
            .RunAsync("backup", "--pg-bin", programs);

        var server = postgres.Server.Version;
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(
            $"is PostgreSQL {server}, and pg_dump and pg_restore here are older: 12.22 in {programs}.",
            result.StandardError,
            StringComparison.Ordinal
        );
        Assert.Contains($"postgresql-client-{server.Major}", result.StandardError, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public async Task A_role_that_may_not_read_a_table_makes_no_backup_of_the_rest()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        var role = $"reader_{database.Name}";
        await PostgresServer.ExecuteAsync(
            database,
            $"CREATE ROLE {role} LOGIN PASSWORD 'p'; GRANT pg_read_all_data TO {role}; REVOKE USAGE ON SCHEMA migrations FROM PUBLIC"
        );
        var as_ = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = "p" };

        // It may read every table, but policies would hide rows from it.
        var result = await _folder.Tool.With("MIGRATE_DATABASE_URL", as_.ConnectionString).RunAsync("backup");

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("No backup was made: ", LastLines(result.StandardError), StringComparison.Ordinal);
        Assert.Contains("connect as the owner of everything", result.StandardError, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public async Task A_table_that_is_locked_against_reading_ends_the_wait()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await using var holder = new NpgsqlConnection(database.ConnectionString);
        await holder.OpenAsync(TestContext.Current.CancellationToken);
        await using var transaction = await holder.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var hold = new NpgsqlCommand("LOCK TABLE public.users IN ACCESS EXCLUSIVE MODE", holder))
        {
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var failed = await Assert.ThrowsAsync<CouldNotRunException>(() =>
            _folder.TakeAsync(database, options => options with { LockTimeout = TimeSpan.FromMilliseconds(100) })
        );

        Assert.StartsWith(
            "No backup was made: a table is locked against reading",
            failed.Message,
            StringComparison.Ordinal
        );
        AssertNothingLeft();
    }

    [Fact]
    public async Task A_full_disk_is_said_and_nothing_is_left_on_it()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, Users(1, 20_000));
        var disk = Directory.CreateDirectory(Path.Combine(_folder.Directory, "disk")).FullName;
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk) == 0,
            "mounting a small disk takes root"
        );
        try
        {
            var result = await _folder
                .Tool.With("MIGRATE_DATABASE_URL", database.ConnectionUri)
                .RunAsync("backup", "--to", disk);

            Assert.Equal(2, result.ExitCode);
            Assert.Contains(
                $"No backup was made: the disk of {disk} is full",
                result.StandardError,
                StringComparison.Ordinal
            );
            Assert.Empty(Directory.EnumerateFileSystemEntries(disk));
        }
        finally
        {
            Run("umount", disk);
        }
    }

    [Fact]
    public async Task Excluded_schemas_are_left_out_of_counts_and_dump()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(
            database,
            """CREATE SCHEMA "Provider's own"; CREATE TABLE "Provider's own".t AS SELECT 1 AS x"""
        );

        var backup = await _folder.TakeAsync(
            database,
            options => options with { ExcludedSchemas = ["Provider's own"] }
        );

        Assert.DoesNotContain(backup.Manifest.Tables, table => table.Schema == "Provider's own");
        Assert.DoesNotContain("Provider's own", backup.Manifest.Schemas);
        Assert.True((await _folder.DrillAsync(backup)).Passed);
    }

    internal static string Users(int first, int last) =>
        $"""
            INSERT INTO public.users (id, name, email)
            SELECT 'u' || i, md5(i::text) || md5((i + 1)::text), i || '@example.com' FROM generate_series({first}, {last}) i
            """;

    internal static string Said(DrillResult drill) =>
        string.Join(
            "\n",
            [
                drill.Failure ?? "",
                .. drill.RowDifferences.Select(d => $"{d}"),
                .. drill.SchemaDifferences.Select(d => $"{d}"),
            ]
        );

    private static string ManifestOf(Backup backup) => Path.Combine(backup.Directory, Backup.ManifestFile);

    private static string LastLines(string said) =>
        string.Join('\n', said.Split('\n').SkipWhile(line => !line.StartsWith("No backup", StringComparison.Ordinal)));

    private static int Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }

    private static void AssertOwnerOnly(string directory)
    {
        const UnixFileMode others =
            UnixFileMode.GroupRead
            | UnixFileMode.GroupWrite
            | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead
            | UnixFileMode.OtherWrite
            | UnixFileMode.OtherExecute;
        var all = Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories).Append(directory);
        Assert.All(all, path => Assert.Equal(UnixFileMode.None, ModeOf(path) & others));
    }

    private static UnixFileMode ModeOf(string path) =>
        OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);

    private void AssertNothingLeft()
    {
        if (Directory.Exists(_folder.Store.Directory))
        {
            Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Store.Directory));
        }
    }
}
