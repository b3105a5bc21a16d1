using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Benchmarks.Measuring;
using LocalPostgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace Benchmarks.BlockedTime;

/// <summary>How long an application waits while ordinary EF Core migrations land, with the rails and without.</summary>
internal static class BlockedTimeCommand
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(2);

    // So often less must the application wait where plain EF Core keeps it waiting for longer than a second.
    private const double TimesLess = 20;

    public static Command Create()
    {
        var rows = new Option<int>("--rows")
        {
            Description = "Rows of the table.",
            DefaultValueFactory = _ => 5_000_000,
        };
        var rate = new Option<int>("--rate")
        {
            Description = "Transactions that are due each second.",
            DefaultValueFactory = _ => 200,
        };
        var reader = new Option<int>("--reader")
        {
            Description = "Seconds for which one reader holds its lock; each migration begins a second after it.",
            DefaultValueFactory = _ => 6,
        };
        var only = new Option<string[]>("--only")
        {
            Description =
                "Only migrations up to and including these, by name: Index, ForeignKey, Check, Unique, NotNull, DropIndex, Column, RandomColumn.",
            AllowMultipleArgumentsPerToken = true,
        };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
        var docs = new Option<bool>("--docs")
        {
            Description = "Write docs/blocked-time.md and docs/blocked-time.svg as well.",
        };
        var command = new Command("blocked-time", "An application under load, while migrations land.")
        {
            rows,
            rate,
            reader,
            only,
            json,
            docs,
        };
        command.SetAction(
            (parsed, ct) =>
                RunAsync(
                    parsed.GetValue(rows),
                    parsed.GetValue(rate),
                    TimeSpan.FromSeconds(parsed.GetValue(reader)),
                    parsed.GetValue(only) ?? [],
                    parsed.GetValue(json),
                    parsed.GetValue(docs),
                    ct
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        int rows,
        int rate,
        TimeSpan reader,
        string[] only,
        bool json,
        bool docs,
        CancellationToken ct
    )
    {
        await using var server = await ThrowAwayServer.StartAsync(
            new ThrowAwayServerOptions
            {
                Durable = true,
                Settings = new Dictionary<string, string>
                {
                    ["shared_buffers"] = "2GB",
                    ["max_wal_size"] = "8GB",
                    ["maintenance_work_mem"] = "256MB",
                },
            },
            ct
        );
        var bin = server.BinDirectory ?? throw new InvalidOperationException("This server comes without pgbench.");
        Console.Error.WriteLine($"Filling two databases with {rows:#,0} rows each …");
        await using var plain = await server.CreateDatabaseAsync(
            "accounts",
            (connection, token) => FillAsync(connection, rows, token),
            ct
        );
        await using var ours = await server.CreateDatabaseAsync("accounts", (_, _) => Task.CompletedTask, ct);
        foreach (var database in (TestDatabase[])[plain, ours])
        {
            // A copy's hint bits and pages are cold; both start warm.
            await ExecuteAsync(
                database.ConnectionString,
                ct,
                "VACUUM ANALYZE",
                "SELECT sum(balance) FROM accounts",
                "CHECKPOINT"
            );
        }

        Console.Error.WriteLine($"Idle for {Idle.TotalSeconds} s …");
        var idle = await IdleAsync(bin, plain.ConnectionString, rows, rate, ct);
        var landings = new List<(string What, Landing Plain, Landing Ours)>();
        var last = only.Length == 0 ? AccountsMigrations.All.Count - 1 : only.Max(IndexOf);
        foreach (var (id, what) in AccountsMigrations.All.Take(last + 1))
        {
            Console.Error.WriteLine($"{what}: plain EF Core …");
            var asWritten = await LandAsync(bin, plain.ConnectionString, online: false, id, rows, rate, reader, ct);
            Console.Error.WriteLine($"{what}: with UseMigrationSafety() …");
            var online = await LandAsync(bin, ours.ConnectionString, online: true, id, rows, rate, reader, ct);
            landings.Add((what, asWritten, online));
        }

        var lockTimeout = new MigrationSafety.MigrationSafetyOptions().LockTimeout;
        var conditions = string.Create(
            CultureInfo.InvariantCulture,
            $"{server.Description.Split(',')[0]}, {rows:#,0} rows, {rate:#,0} transactions due each second, fsync on; one reader holds its lock for {reader.TotalSeconds:0} s, each migration begins a second after it. Idle: longest {Milliseconds(idle.Longest)}, p99.9 {Milliseconds(idle.P999)}. Load average at the end: {LoadAverage()}."
        );
        var table = Table(landings, idle, lockTimeout);
        Console.WriteLine(
            json
                ? JsonSerializer.Serialize(
                    landings.Select(l => new
                    {
                        l.What,
                        Plain = l.Plain with
                        {
                            Curve = [],
                        },
                        Ours = l.Ours with
                        {
                            Curve = [],
                        },
                    })
                )
                : conditions + "\n\n" + table
        );
        if (docs)
        {
            var directory = Path.Combine(Checkout.Root, "docs");
            await File.WriteAllTextAsync(Path.Combine(directory, "blocked-time.svg"), LatencyPicture.Of(landings), ct);
            var page = Path.Combine(directory, "blocked-time.md");
            var text = await File.ReadAllTextAsync(page, ct);
            const string begin = "<!-- measured -->";
            const string end = "<!-- end -->";
            var (from, to) = (
                text.IndexOf(begin, StringComparison.Ordinal),
                text.IndexOf(end, StringComparison.Ordinal)
            );
            await File.WriteAllTextAsync(
                page,
                $"{text[..(from + begin.Length)]}\n{conditions}\n\n{table}\n{text[to..]}",
                ct
            );
        }

        return landings.All(l => Problems(l, idle, lockTimeout).Count == 0) ? 0 : 1;
    }

    private static int IndexOf(string name)
    {
        for (var i = 0; i < AccountsMigrations.All.Count; i++)
        {
            if (AccountsMigrations.All[i].Id.EndsWith("_" + name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        throw new ArgumentException($"There is no migration {name}.");
    }

    private static async Task FillAsync(string connectionString, int rows, CancellationToken ct)
    {
        var sql = EmbeddedSql
            .Read("BlockedTime/accounts.sql")
            .Replace("$rows", rows.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        await ExecuteAsync(connectionString, ct, sql);
    }

    private static async Task<Landing> IdleAsync(
        string bin,
        string connectionString,
        int rows,
        int rate,
        CancellationToken ct
    )
    {
        await using var load = await Load.StartAsync(bin, connectionString, rows, rate);
        await Task.Delay(Before, ct);
        var began = DateTimeOffset.UtcNow;
        await Task.Delay(Idle, ct);
        var ended = DateTimeOffset.UtcNow;
        await Task.Delay(After * 2, ct);
        return Landing.Of(await load.StopAsync(), began, ended, TimeSpan.Zero);
    }

    private static async Task<Landing> LandAsync(
        string bin,
        string connectionString,
        bool online,
        string migration,
        int rows,
        int rate,
        TimeSpan reader,
        CancellationToken ct
    )
    {
        await ExecuteAsync(connectionString, ct, "CHECKPOINT");
        await using var load = await Load.StartAsync(bin, connectionString, rows, rate);
        await Task.Delay(Before, ct);
        await using var source = NpgsqlDataSource.Create(connectionString);
        var reading = ReadAsync(source, reader, ct);
        await Task.Delay(TimeSpan.FromSeconds(1), ct);
        var began = DateTimeOffset.UtcNow;
        await using (var context = new AccountsContext(connectionString, online))
        {
            await context.GetService<IMigrator>().MigrateAsync(migration, ct);
        }

        var ended = DateTimeOffset.UtcNow;
        await reading;
        await Task.Delay(After * 2, ct);
        return Landing.Of(await load.StopAsync(), began, ended, After);
    }

    private static async Task ReadAsync(NpgsqlDataSource source, TimeSpan duration, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var read = new NpgsqlCommand("SELECT balance FROM accounts WHERE id = 1", connection);
        await read.ExecuteScalarAsync(ct);
        await Task.Delay(duration, ct);
        await transaction.CommitAsync(ct);
    }

    private static async Task ExecuteAsync(string connectionString, CancellationToken ct, params string[] statements)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        foreach (var statement in statements)
        {
            await using var command = source.CreateCommand(statement);
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync(ct);
        }
    }

    private static List<string> Problems(
        (string What, Landing Plain, Landing Ours) landing,
        Landing idle,
        TimeSpan lockTimeout
    )
    {
        var problems = new List<string>();
        if (landing.Ours.Longest > lockTimeout + idle.P999)
        {
            problems.Add("longer than the lock time-out");
        }

        if (landing.Ours.Failed > 0)
        {
            problems.Add("failed transactions");
        }

        if (landing.Plain.Longest > TimeSpan.FromSeconds(1) && landing.Plain.Longest < landing.Ours.Longest * TimesLess)
        {
            problems.Add($"not {TimesLess:0} times less");
        }

        return problems;
    }

    private static string Table(
        IReadOnlyList<(string What, Landing Plain, Landing Ours)> landings,
        Landing idle,
        TimeSpan lockTimeout
    )
    {
        var table = new StringBuilder();
        table.AppendLine(
            "| migration | | longest wait | p99.9 | nothing got through | failed | took | longest, times less |"
        );
        table.AppendLine("|---|---|--:|--:|--:|--:|--:|--:|");
        foreach (var landing in landings)
        {
            var problems = Problems(landing, idle, lockTimeout);
            Line(landing.What, "plain EF Core", landing.Plain, "");
            Line(
                "",
                "UseMigrationSafety()",
                landing.Ours,
                string.Create(CultureInfo.InvariantCulture, $"{landing.Plain.Longest / landing.Ours.Longest:0.#}")
                    + (problems.Count == 0 ? "" : $" **{string.Join(", ", problems)}**")
            );
        }

        return table.ToString().TrimEnd();

        void Line(string what, string form, Landing l, string ratio) =>
            table.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {what} | {form} | {Milliseconds(l.Longest)} | {Milliseconds(l.P999)} | {l.Nothing.TotalSeconds:0.0} s | {l.Failed} | {l.Duration.TotalSeconds:0.0} s | {ratio} |"
            );
    }

    private static string Milliseconds(TimeSpan duration) =>
        string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:#,0} ms");

    private static string LoadAverage() =>
        File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
