using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using Data.Migrations;
using Db.Tests.Backups;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

namespace Db.Tests.Releasing;

/// <summary>Releases from end to end: <c>db</c> and the bundle as processes, against a real server.</summary>
public sealed partial class ReleaseTests(PostgresServer postgres, BuiltBundle bundle) : IAsyncLifetime
{
    private const string Before = "20261122153900_ApiKeys";
    private const string Pending = "20261122153913_ApiAuditLog";
    private const string Newest = "20261122190500_AdoptIndexes";

    private const int Users = 20;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("release-");
    private TestDatabase _database = null!;
    private Tool _tool = null!;
    private string _bundle = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bundle = await bundle.PathAsync();
        _database = await postgres.Server.CreateDatabaseAsync(
            "one-pending",
            async (connectionString, token) =>
            {
                await using var context = DesignTimeFactory.CreateFor(connectionString);
                await context.Database.MigrateAsync(Before, token);
            },
            Cancel
        );
        await PostgresServer.ExecuteAsync(_database, BackupTests.Users(1, Users));
        _tool = new Tool { Directory = _folder.FullName }.With("MIGRATE_DATABASE_URL", _database.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        // Whatever a release ran into: nobody's rows are gone.
        Assert.Equal(Users, await ScalarAsync<long>("SELECT count(*) FROM users WHERE email LIKE '%@example.com'"));
        await _database.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_good_release_is_migrated_checked_and_reported()
    {
        var result = await ReleaseAsync();

        Assert.True(result.ExitCode == 0, Said(result));
        Assert.Contains("Released", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains($"Applying migration '{Pending}'", result.StandardError, StringComparison.Ordinal);
        Assert.Equal(Newest, await NewestAsync());
        using var record = Record();
        Assert.Equal("released", record.RootElement.GetProperty("outcome").GetString());
        Assert.Equal(Before, record.RootElement.GetProperty("before").GetString());
        Assert.All(
            record.RootElement.GetProperty("steps").EnumerateArray(),
            step =>
                Assert.Contains(
                    step.GetProperty("result").GetProperty("outcome").GetString(),
                    new[] { "passed", "skipped", "warned" }
                )
        );
        Assert.True(record.RootElement.GetProperty("probe").GetArrayLength() > 0, "the probe saw nothing");
        Assert.DoesNotContain(
            Password(),
            await File.ReadAllTextAsync(ReleaseFile("report.html"), Cancel),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "# Released",
            await File.ReadAllTextAsync(ReleaseFile("report.md"), Cancel),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_dry_run_says_each_step_and_changes_nothing()
    {
        var result = await ReleaseAsync("--dry-run");

        Assert.True(result.ExitCode == 0, Said(result));
        Assert.Contains($"migrate: run {_bundle}, plan ", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", result.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(Before, await NewestAsync());
        Assert.False(Directory.Exists(Path.Combine(_folder.FullName, "artifacts")));
    }

    [Fact]
    public async Task A_lock_that_is_never_free_leaves_the_database_as_it_was_and_the_next_release_lands()
    {
        BufferedCommandResult result;
        await using (await HoldLockAsync())
        {
            result = await ReleaseAsync("--", "--lock-wait", "2s");

            Assert.Equal(1, result.ExitCode);
            Assert.Contains("Failed", result.StandardOutput, StringComparison.Ordinal);
            Assert.Contains($"Not applied: {Pending}, {Newest}.", result.StandardOutput, StringComparison.Ordinal);
            Assert.DoesNotContain("To go back", result.StandardOutput, StringComparison.Ordinal);
            Assert.Equal(Before, await NewestAsync());
        }

        await PasteAsync(result.StandardOutput, "To go on:");
        Assert.Equal(Newest, await NewestAsync());
    }

    [Fact]
    public async Task Drift_found_afterwards_fails_the_release_and_says_how_to_go_back()
    {
        await PostgresServer.ExecuteAsync(_database, "CREATE INDEX made_by_hand ON users (timezone)");

        var result = await ReleaseAsync();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("made_by_hand", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(
            $"Applied by this release: {Pending}, {Newest}.",
            result.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains($"To go back: {_bundle} {Before}", result.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(Newest, await NewestAsync());
        Assert.Contains(
            "<p>Verify the schema: 1 difference from what the migrations make</p>",
            await File.ReadAllTextAsync(ReleaseFile("report.html"), Cancel),
            StringComparison.Ordinal
        );
        await PasteAsync(result.StandardOutput, "To go back:");
        Assert.Equal(Before, await NewestAsync());
        await PostgresServer.ExecuteAsync(_database, "DROP INDEX made_by_hand");
        await PasteAsync(result.StandardOutput, "To go on:");
        Assert.Equal(Newest, await NewestAsync());
        Assert.Contains(
            "# Released",
            await File.ReadAllTextAsync(ReleaseFile("report.md"), Cancel),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Rolling_back_on_failure_takes_back_what_was_applied_where_nothing_is_lost()
    {
        await PostgresServer.ExecuteAsync(_database, "CREATE INDEX made_by_hand ON users (timezone)");

        var result = await ReleaseAsync("--rollback-on-failure");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Failed, and rolled back", result.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(Before, await NewestAsync());
    }

    [Fact]
    public async Task A_policy_opened_by_hand_fails_the_release()
    {
        await PostgresServer.ExecuteAsync(
            _database,
            "CREATE POLICY opened_by_hand ON users FOR SELECT TO authenticated USING (true)"
        );

        var result = await ReleaseAsync();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("member on users, select", result.StandardOutput, StringComparison.Ordinal);
        await PostgresServer.ExecuteAsync(_database, "DROP POLICY opened_by_hand ON users");
        await PasteAsync(result.StandardOutput, "To go on:");
    }

    [Fact]
    public async Task A_killed_bundle_leaves_what_was_committed_and_the_next_release_lands()
    {
        string said;
        await using (await HoldLockAsync())
        {
            using var tool = Start();
            using var child = await ChildOfAsync(tool);
            await BundleWaitsAsync();
            child.Kill();
            said = await EndAsync(tool);

            Assert.Equal(1, tool.ExitCode);
            Assert.Contains("To go on:", said, StringComparison.Ordinal);
            Assert.Equal(Before, await NewestAsync());
        }

        await PasteAsync(said, "To go on:");
        Assert.Equal(Newest, await NewestAsync());
    }

    [Fact]
    public async Task A_killed_tool_is_resumed()
    {
        BufferedCommandResult again;
        await using (await HoldLockAsync())
        {
            using var tool = Start();
            using var child = await ChildOfAsync(tool);
            await BundleWaitsAsync();
            tool.Kill();
            await EndAsync(tool);

            again = await ReleaseAsync();
            Assert.Equal(1, again.ExitCode);
            Assert.Contains("--resume", again.StandardError, StringComparison.Ordinal);
        }

        await PasteAsync(again.StandardError, "To go on with it:");

        Assert.Equal(Newest, await NewestAsync());
        using var record = Record();
        Assert.Contains(
            record.RootElement.GetProperty("steps").EnumerateArray(),
            step => step.GetProperty("result").GetProperty("outcome").GetString() == "interrupted"
        );
    }

    [Fact]
    public async Task An_interrupt_ends_bundle_and_release_in_order()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "an interrupt is sent with kill");
        string said;
        await using (await HoldLockAsync())
        {
            using var tool = Start();
            using var child = await ChildOfAsync(tool);
            await BundleWaitsAsync();
            Process.Start("kill", ["-INT", tool.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
            said = await EndAsync(tool);

            Assert.True(tool.ExitCode == 130, said);
            Assert.Contains("--resume", said, StringComparison.Ordinal);
            Assert.True(child.HasExited, "the bundle still runs");
            Assert.Equal(Before, await NewestAsync());
        }

        await PasteAsync(said, "To go on:");
        Assert.Equal(Newest, await NewestAsync());
    }

    [Fact]
    public async Task The_whole_of_it_leaves_a_backup_of_the_moment_before()
    {
        var result = await _tool.RunAsync([
            "release",
            "--bundle",
            _bundle,
            "--backups",
            "backups",
            .. ReleaseArguments.Whole,
        ]);

        Assert.True(result.ExitCode == 0, Said(result));
        using var record = Record();
        var backup = Step(record, "backup").GetProperty("evidence").EnumerateArray();
        Assert.Contains(backup, e => e.GetProperty("value").GetString() == Before);
        Assert.Equal("passed", Step(record, "baseline").GetProperty("outcome").GetString());
        Assert.NotEqual("skipped", Step(record, "watch").GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task What_is_not_ready_refuses_the_release_and_says_what_to_do()
    {
        var result = await _tool.RunAsync("release", "--bundle", _bundle, "--watch", "0", "--backups", "backups");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("not ready: restorable, rehearsed, reviewed", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("Not released: nothing was changed", result.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(Before, await NewestAsync());
    }

    [Fact]
    public async Task A_backup_that_cannot_be_written_refuses_the_release()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "backups"), "a file in the way", Cancel);

        var result = await _tool.RunAsync([
            "release",
            "--bundle",
            _bundle,
            "--backups",
            "backups",
            .. ReleaseArguments.Whole,
        ]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Back up: ", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("Not released: nothing was changed", result.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(Before, await NewestAsync());
    }

    [Fact]
    public async Task A_disk_that_is_full_refuses_the_release_and_leaves_no_part_of_a_backup()
    {
        var backups = Directory.CreateDirectory(Path.Combine(_folder.FullName, "full")).FullName;
        Assert.SkipUnless(
            Environment.IsPrivilegedProcess && await MountAsync("-t", "tmpfs", "-o", "size=48k", "tmpfs", backups),
            "a small file system can be mounted by root alone"
        );
        try
        {
            var result = await _tool.RunAsync([
                "release",
                "--bundle",
                _bundle,
                "--backups",
                "full",
                .. ReleaseArguments.Whole,
            ]);

            Assert.Equal(1, result.ExitCode);
            Assert.Contains($"the disk of {backups} is full", result.StandardOutput, StringComparison.Ordinal);
            Assert.Contains("What was written is removed.", result.StandardOutput, StringComparison.Ordinal);
            Assert.Contains("Not released: nothing was changed", result.StandardOutput, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(backups));
            Assert.Equal(Before, await NewestAsync());

            Assert.True(await MountAsync("-o", "remount,size=64m", backups));
            await PasteAsync(result.StandardOutput, "To go on:");
            Assert.Equal(Newest, await NewestAsync());
            Assert.Single(Directory.EnumerateDirectories(backups));
        }
        finally
        {
            await RunAsync("umount", backups);
        }
    }

    [Fact]
    public async Task A_webhook_that_is_down_stops_no_release()
    {
        // Nobody listens there: a port that was free a moment ago.
        using var free = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        free.Start();
        var port = ((System.Net.IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        _tool = _tool.With("RELEASE_WEBHOOK_URL", $"http://127.0.0.1:{port}/secret-path");

        var result = await ReleaseAsync();

        Assert.True(result.ExitCode == 0, Said(result));
        using var record = Record();
        Assert.Equal("warned", Step(record, "notify").GetProperty("outcome").GetString());
        Assert.DoesNotContain("secret-path", Said(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_critical_query_that_is_too_slow_fails_the_release()
    {
        var queries = Directory.CreateDirectory(Path.Combine(_folder.FullName, "release", "critical-queries"));
        await File.WriteAllTextAsync(
            Path.Combine(queries.FullName, "slow.sql"),
            "-- Sleeps\n-- time: 10ms\nSELECT pg_sleep(0.1);\n",
            Cancel
        );

        var result = await ReleaseAsync();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(
            "1 of 1 critical queries are not as expected: slow",
            result.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains($"To go back: {_bundle} {Before}", result.StandardOutput, StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            Path.Combine(queries.FullName, "slow.sql"),
            "-- Quick\n-- time: 10s\nSELECT 1;\n",
            Cancel
        );
        await PasteAsync(result.StandardOutput, "To go on:");
    }

    [Fact]
    public async Task A_bundle_that_is_not_there_is_said_before_anything_else()
    {
        var result = await _tool.RunAsync("release", "--bundle", "nowhere/efbundle");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(
            "There is no bundle at nowhere/efbundle. Build it: dotnet ef migrations bundle",
            result.StandardError,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_step_that_is_left_out_needs_a_reason()
    {
        var result = await ReleaseAsync("--without", "policies");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("why it is left out", result.StandardError, StringComparison.Ordinal);
    }

    private Task<BufferedCommandResult> ReleaseAsync(params string[] arguments) =>
        _tool.RunAsync(["release", "--bundle", _bundle, .. Hurried(arguments)]);

    // Somebody copies the command out of the message, into the shell where the release was started.
    private async Task PasteAsync(string said, string label)
    {
        var line = said.Split('\n').Single(text => text.TrimStart().StartsWith(label, StringComparison.Ordinal));
        var result = await RunAsync("sh", "-c", line[(line.IndexOf(label, StringComparison.Ordinal) + label.Length)..]);
        Assert.True(result.ExitCode == 0, $"{line}\n{Said(result)}");
    }

    private async Task<bool> MountAsync(params string[] arguments) =>
        (await RunAsync("mount", arguments)).ExitCode == 0;

    private Task<BufferedCommandResult> RunAsync(string program, params string[] arguments) =>
        Cli.Wrap(program)
            .WithArguments(arguments)
            .WithWorkingDirectory(_folder.FullName)
            .WithEnvironmentVariables(_tool.Environment)
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(Cancel);

    // The watch and what belongs to a production release are other tests' matter.
    private static string[] Hurried(string[] arguments) => [.. ReleaseArguments.Alone, .. arguments];

    private Process Start()
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        };
        foreach (
            var argument in (string[])
                [Path.Combine(AppContext.BaseDirectory, "db.dll"), "release", "--bundle", _bundle, .. Hurried([])]
        )
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in _tool.Environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static async Task<string> EndAsync(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync(Cancel);
        var error = process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return await output + await error;
    }

    // The bundle that migrates, not the one that was asked for its plan: that one never waits for a lock.
    private static async Task<Process> ChildOfAsync(Process tool)
    {
        while (true)
        {
            Cancel.ThrowIfCancellationRequested();
            Assert.False(tool.HasExited, "the release ended before its bundle was seen");
            foreach (var process in Process.GetProcessesByName("efbundle"))
            {
                if (ParentOf(process.Id) == tool.Id && IsMigrating(process.Id))
                {
                    return process;
                }
            }

            await Task.Delay(20, Cancel);
        }
    }

    private static int ParentOf(int process)
    {
        try
        {
            var status = File.ReadAllText($"/proc/{process}/status");
            return int.Parse(ParentLine().Match(status).Groups[1].Value, CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static bool IsMigrating(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Contains("--expect-plan", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    // Its first attempt has been rolled back, and it waits without queueing: that stands in its log, however late one looks.
    private async Task BundleWaitsAsync()
    {
        while (!(await LogAsync()).Contains("could not get a lock within", StringComparison.Ordinal))
        {
            await Task.Delay(20, Cancel);
        }
    }

    private async Task<string> LogAsync()
    {
        await using var log = new FileStream(
            ReleaseFile("bundle.log"),
            FileMode.OpenOrCreate,
            FileAccess.Read,
            FileShare.ReadWrite
        );
        using var reader = new StreamReader(log);
        return await reader.ReadToEndAsync(Cancel);
    }

    private async Task<NpgsqlConnection> HoldLockAsync()
    {
        var connection = new NpgsqlConnection(_database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand("BEGIN; LOCK TABLE users IN ROW EXCLUSIVE MODE", connection);
        await command.ExecuteNonQueryAsync(Cancel);
        return connection;
    }

    private async Task<string?> NewestAsync() =>
        await ScalarAsync<string>("""SELECT max("MigrationId") FROM migrations."__EFMigrationsHistory" """);

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(Cancel))!;
    }

    private string ReleaseFile(string name) =>
        Path.Combine(Directory.GetDirectories(Path.Combine(_folder.FullName, "artifacts", "releases")).Max()!, name);

    private JsonDocument Record() => JsonDocument.Parse(File.ReadAllText(ReleaseFile("release.json")));

    private static JsonElement Step(JsonDocument record, string id) =>
        record
            .RootElement.GetProperty("steps")
            .EnumerateArray()
            .Last(step => step.GetProperty("id").GetString() == id)
            .GetProperty("result");

    private string Password() =>
        new NpgsqlConnectionStringBuilder(_database.ConnectionString).Password ?? "no password at all";

    private static string Said(BufferedCommandResult result) => result.StandardOutput + result.StandardError;

    [GeneratedRegex(@"PPid:\s+(\d+)")]
    private static partial Regex ParentLine();
}
