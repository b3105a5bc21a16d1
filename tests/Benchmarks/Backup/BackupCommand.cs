using System.CommandLine;
using System.Globalization;
using Benchmarks.Measuring;
using CliWrap;
using CliWrap.Buffered;
using Data.Migrations;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Benchmarks.Backup;

/// <summary>db backup and db restore, against pg_dump and pg_restore alone.</summary>
internal static class BackupCommand
{
    // What the checksums, the counting, the schema and the start of .NET may cost.
    private const double Limit = 1.1;

    public static System.CommandLine.Command Create()
    {
        var rows = new Option<int>("--rows")
        {
            Description = "Rows in all tables together.",
            DefaultValueFactory = _ => 1_000_000,
        };
        var rounds = new Option<int>("--rounds")
        {
            Description = "How often each is run.",
            DefaultValueFactory = _ => 5,
        };
        var jobs = new Option<int>("--jobs")
        {
            Description = "Tables at a time, for both.",
            DefaultValueFactory = _ => 2,
        };
        var tool = new Option<FileInfo>("--tool")
        {
            Description = "The db that `db ship` built; without it, this build's, which is compiled while it runs.",
        };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
        var command = new System.CommandLine.Command(
            "backup",
            "db backup and db restore, against pg_dump and pg_restore."
        )
        {
            rows,
            rounds,
            jobs,
            tool,
            json,
        };
        command.SetAction(
            (parsed, ct) =>
                RunAsync(
                    parsed.GetValue(rows),
                    parsed.GetValue(rounds),
                    parsed.GetValue(jobs),
                    parsed.GetValue(tool),
                    parsed.GetValue(json),
                    ct
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        int rows,
        int rounds,
        int jobs,
        FileInfo? tool,
        bool json,
        CancellationToken ct
    )
    {
        var directory = Directory.CreateTempSubdirectory("benchmark-backup-");
        try
        {
            await using var server = await ThrowAwayServer.StartAsync(
                new ThrowAwayServerOptions { Durable = true },
                ct
            );
            var programs =
                server.BinDirectory ?? throw new InvalidOperationException("This server comes without pg_dump.");
            await using var source = await server.CreateDatabaseAsync(ct);
            Console.Error.WriteLine($"Filling a database with {rows:#,0} rows …");
            await FillAsync(source.ConnectionString, rows, ct);

            var (backup, dump, usual) = (
                new Samples("db backup"),
                new Samples("pg_dump"),
                new Samples("pg_dump, its own compression")
            );
            var (restore, bare) = (new Samples("db restore"), new Samples("pg_restore"));
            var jobsArgument = $"--jobs={jobs.ToString(CultureInfo.InvariantCulture)}";
            var size = 0L;
            // The first round warms the disk's and the server's memory.
            for (var round = -1; round < rounds; round++)
            {
                Console.Error.WriteLine($"Round {round + 2} of {rounds + 1} …");
                var store = Path.Combine(directory.FullName, "store");
                var archive = Path.Combine(directory.FullName, "archive");
                var other = Path.Combine(directory.FullName, "other");
                var (tookDump, tookBackup, tookBare, tookRestore) = (
                    TimeSpan.Zero,
                    TimeSpan.Zero,
                    TimeSpan.Zero,
                    TimeSpan.Zero
                );
                Func<Task>[] backups =
                [
                    async () =>
                        tookDump = await RunAsync(
                            Path.Combine(programs, "pg_dump"),
                            [
                                "--format=directory",
                                jobsArgument,
                                "--compress=1",
                                $"--file={archive}",
                                source.ConnectionUri,
                            ],
                            ct
                        ),
                    async () =>
                        tookBackup = await DbAsync(
                            tool,
                            ["backup", jobsArgument, "--compress=1", "--to", store, "--pg-bin", programs],
                            ("MIGRATE_DATABASE_URL", source.ConnectionUri),
                            ct
                        ),
                ];
                Func<Task>[] restores =
                [
                    async () =>
                        tookBare = await RestoreAsync(
                            server,
                            "bare",
                            async (url, token) =>
                                await RunAsync(
                                    Path.Combine(programs, "pg_restore"),
                                    [jobsArgument, "--exit-on-error", $"--dbname={url}", archive],
                                    token
                                ),
                            ct
                        ),
                    async () =>
                        tookRestore = await DbAsync(
                            tool,
                            ["restore", jobsArgument, "--in", store, "--create-database", "--pg-bin", programs],
                            ("RESTORE_DATABASE_URL", UriTo(server, "restored")),
                            ct
                        ),
                ];
                // Who goes first changes from round to round, and nobody pays for what another wrote.
                foreach (var run in InTurn(backups, round).Concat(InTurn(restores, round)))
                {
                    await ExecuteAsync(server.ConnectionString, "CHECKPOINT", ct);
                    await run();
                }

                var tookUsual = await RunAsync(
                    Path.Combine(programs, "pg_dump"),
                    ["--format=directory", jobsArgument, $"--file={other}", source.ConnectionUri],
                    ct
                );
                await ExecuteAsync(server.ConnectionString, "DROP DATABASE restored", ct);
                size = new DirectoryInfo(archive).EnumerateFiles().Sum(file => file.Length);
                foreach (var path in new[] { store, archive, other })
                {
                    Directory.Delete(path, recursive: true);
                }

                if (round < 0)
                {
                    continue;
                }

                backup.Add(tookBackup);
                dump.Add(tookDump);
                usual.Add(tookUsual);
                restore.Add(tookRestore);
                bare.Add(tookBare);
            }

            return new Results(
                server.Description,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{rows:#,0} rows, {size / 1e6:0} MB compressed, {jobs} jobs; whole processes, {rounds} rounds interleaved, medians, fsync on."
                ),
                [
                    Row.Of("backup, gzip level 1 in both", backup, dump, Limit),
                    Row.Of("backup, each as it comes", backup, usual),
                    Row.Of("restore into a new database", restore, bare, Limit),
                ]
            ).Print(json);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static IEnumerable<Func<Task>> InTurn(Func<Task>[] runs, int round) =>
        round % 2 == 0 ? runs : runs.Reverse();

    private static async Task FillAsync(string connectionString, int rows, CancellationToken ct)
    {
        await using (var context = DesignTimeFactory.CreateFor(connectionString))
        {
            await context.Database.MigrateAsync(ct);
        }

        await ExecuteAsync(
            connectionString,
            EmbeddedSql
                .Read("Backup/rows.sql")
                .Replace("$rows", rows.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal),
            ct
        );
        await ExecuteAsync(connectionString, "VACUUM ANALYZE", ct);
        await ExecuteAsync(connectionString, "CHECKPOINT", ct);
    }

    private static async Task<TimeSpan> RestoreAsync(
        ThrowAwayServer server,
        string name,
        Func<string, CancellationToken, Task<TimeSpan>> restore,
        CancellationToken ct
    )
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        await ExecuteAsync(server.ConnectionString, $"CREATE DATABASE {name} TEMPLATE template0", ct);
        await restore(UriTo(server, name), ct);
        var took = System.Diagnostics.Stopwatch.GetElapsedTime(start);
        await ExecuteAsync(server.ConnectionString, $"DROP DATABASE {name}", ct);
        return took;
    }

    private static string UriTo(ThrowAwayServer server, string database) =>
        new UriBuilder(server.ConnectionUri) { Path = database }.Uri.ToString();

    private static async Task<TimeSpan> DbAsync(
        FileInfo? tool,
        string[] arguments,
        (string Name, string Value) variable,
        CancellationToken ct
    ) =>
        (
            await (
                tool is null
                    ? Cli.Wrap("dotnet").WithArguments([Path.Combine(AppContext.BaseDirectory, "db.dll"), .. arguments])
                    : Cli.Wrap(tool.FullName).WithArguments(arguments)
            )
                .WithEnvironmentVariables(set =>
                    set.Set("MIGRATE_DATABASE_URL", null).Set("DATABASE_URL", null).Set(variable.Name, variable.Value)
                )
                .ExecuteBufferedAsync(ct)
        ).RunTime;

    private static async Task<TimeSpan> RunAsync(string program, string[] arguments, CancellationToken ct) =>
        (await Cli.Wrap(program).WithArguments(arguments).ExecuteBufferedAsync(ct)).RunTime;

    private static async Task ExecuteAsync(string connectionString, string sql, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(ct);
    }
}
