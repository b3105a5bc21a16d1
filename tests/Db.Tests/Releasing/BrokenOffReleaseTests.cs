using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using Db.Releasing;
using Npgsql;
using Xunit;

namespace Db.Tests.Releasing;

/// <summary>Releases that end in the midst of their migrations, and what goes on from there.</summary>
public sealed partial class BrokenOffReleaseTests(PostgresServer postgres, BuiltBundle bundle)
    : Releases(postgres, bundle)
{
    [Fact]
    public async Task A_lock_that_is_never_free_leaves_the_database_as_it_was_and_the_next_release_lands()
    {
        BufferedCommandResult result;
        await using (await HoldLockAsync())
        {
            result = await ReleaseAsync("--rollback-on-failure", "--", "--lock-wait", "2s");

            Assert.Equal(1, result.ExitCode);
            Assert.Contains("Failed", result.StandardOutput, StringComparison.Ordinal);
            Assert.Contains($"Not applied: {Pending}, {Newest}.", result.StandardOutput, StringComparison.Ordinal);
            Assert.DoesNotContain("To go back", result.StandardOutput, StringComparison.Ordinal);
            Assert.DoesNotContain("rolled back: ", result.StandardOutput, StringComparison.Ordinal);
            Assert.Contains("there is nothing to roll back", result.StandardError, StringComparison.Ordinal);
            Assert.Equal(Before, await NewestAsync());
            using var record = Record();
            Assert.StartsWith(
                $"{Pending} did not get a lock it needs within 2 s",
                Step(record, "migrate").GetProperty("summary").GetString(),
                StringComparison.Ordinal
            );
        }

        await PasteAsync(result.StandardOutput, "To go on:");
        Assert.Equal(Newest, await NewestAsync());
    }

    [Fact]
    public async Task A_bundle_killed_between_two_migrations_is_resumed_with_the_first_one_kept()
    {
        string said;
        // The second migration cannot be recorded while somebody else does, uncommitted.
        await using (
            await HoldAsync($"""INSERT INTO migrations."__EFMigrationsHistory" VALUES ('{Newest}', 'somebody else')""")
        )
        {
            using var tool = Start();
            using var child = await ChildOfAsync(tool);
            await BundleWaitsAsync();
            Assert.Equal(Pending, await NewestAsync());
            child.Kill();
            said = await EndAsync(tool);
        }

        Assert.Contains($"Migrate: The bundle ended with exit code 137 in {Newest}", said, StringComparison.Ordinal);
        Assert.Contains("To do: it left no message.", said, StringComparison.Ordinal);
        Assert.DoesNotContain("do what the bundle's message says", said, StringComparison.Ordinal);
        Assert.Contains($"Applied by this release: {Pending}.", said, StringComparison.Ordinal);
        Assert.Contains($"Not applied: {Newest}.", said, StringComparison.Ordinal);
        Assert.Contains($"To go back: {BundleFile} {Before}", said, StringComparison.Ordinal);
        Assert.Equal(Pending, await NewestAsync());

        await PasteAsync(said, "To go on:");

        Assert.Equal(Newest, await NewestAsync());
        using var record = Record();
        Assert.Equal("released", record.RootElement.GetProperty("outcome").GetString());
        Assert.Equal($"applied {Newest}", Step(record, "migrate").GetProperty("summary").GetString());
    }

    [Fact]
    public async Task A_release_that_runs_is_neither_resumed_nor_given_up_by_another()
    {
        await using var held = await HoldLockAsync();
        using var tool = Start();
        using var child = await ChildOfAsync(tool);
        await BundleWaitsAsync();

        foreach (var how in (string[])["--resume", "--abandon"])
        {
            var other = await ReleaseAsync(how);
            Assert.Equal(1, other.ExitCode);
            Assert.Contains("is running, in another process", other.StandardError, StringComparison.Ordinal);
        }

        await held.DisposeAsync();
        Assert.Contains("Released", await EndAsync(tool), StringComparison.Ordinal);
        Assert.Equal(0, tool.ExitCode);
    }

    [Fact]
    public async Task A_run_that_was_started_by_hand_is_named_by_the_release_that_it_keeps_out()
    {
        var byHand = Cli.Wrap(BundleFile)
            .WithEnvironmentVariables(Tool.Environment)
            .WithValidation(CommandResultValidation.None);
        CommandTask<CommandResult> run;
        await using (await HoldLockAsync())
        {
            run = byHand.ExecuteAsync(Cancel);
            while (!await ScalarAsync<bool>(HoldsRunnersLock))
            {
                await Task.Delay(20, Cancel);
            }

            await using (var connection = new NpgsqlConnection(Database.ConnectionString))
            {
                await connection.OpenAsync(Cancel);
                var state = await DatabaseState.ReadAsync(connection, Cancel);
                var (process, _) = Assert.Single(state.Running);
                Assert.Contains(
                    state.Describe([]),
                    line =>
                        line.Contains("Wait for its end", StringComparison.Ordinal)
                        && line.EndsWith($"SELECT pg_terminate_backend({process});", StringComparison.Ordinal)
                );
            }

            var result = await ReleaseAsync("--", "--runner-wait", "1s");

            Assert.True(result.ExitCode == 2, result.StandardOutput + result.StandardError);
            Assert.Contains(
                "could not say what it would do (exit code 1). It said:\nAnother run migrates this database (pid ",
                result.StandardError,
                StringComparison.Ordinal
            );
        }

        Assert.Equal(0, (await run).ExitCode);
    }

    [Fact]
    public async Task A_record_that_can_no_longer_be_written_does_not_end_the_release_half_way()
    {
        await using var held = await HoldLockAsync();
        using var tool = Start();
        using (await ChildOfAsync(tool))
        {
            await BundleWaitsAsync();
            Directory.CreateDirectory(ReleaseFile("release.json.new"));
        }

        await held.DisposeAsync();
        var said = await EndAsync(tool);

        Assert.True(tool.ExitCode == 0, said);
        Assert.Contains("Released", said, StringComparison.Ordinal);
        Assert.Contains("The record and the report could not be written", said, StringComparison.Ordinal);
        Assert.Equal(Newest, await NewestAsync());
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
    public async Task One_without_an_end_is_in_the_way_of_a_dry_run_too_and_is_given_up_by_a_real_one()
    {
        await using (await HoldLockAsync())
        {
            using var tool = Start();
            using var child = await ChildOfAsync(tool);
            await BundleWaitsAsync();
            child.Kill();
            tool.Kill();
            await EndAsync(tool);
        }

        using var before = Record();
        var id = before.RootElement.GetProperty("id").GetString()!;

        var refused = await ReleaseAsync("--dry-run");
        var both = await ReleaseAsync("--resume", "--abandon");
        var dry = await ReleaseAsync("--dry-run", "--abandon");
        using var still = Record();

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"Release {id} of ", refused.StandardError, StringComparison.Ordinal);
        Assert.DoesNotContain("--dry-run", refused.StandardError, StringComparison.Ordinal);
        Assert.Equal(1, both.ExitCode);
        Assert.Contains("name one of them", both.StandardError, StringComparison.Ordinal);
        Assert.True(dry.ExitCode == 0, Said(dry));
        Assert.Contains(
            $"Release {id}, which has no end, would be given up.",
            dry.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Equal(JsonValueKind.Null, still.RootElement.GetProperty("outcome").ValueKind);

        await PasteAsync(refused.StandardError, "To give it up:");

        Assert.Equal(Newest, await NewestAsync());
        var outcomes = Directory
            .GetFiles(
                Path.Combine(Folder.FullName, "artifacts", "releases"),
                "release.json",
                SearchOption.AllDirectories
            )
            .Order(StringComparer.Ordinal)
            .Select(file => JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("outcome").GetString());
        Assert.Equal(["abandoned", "released"], outcomes);
    }

    // Hours may have gone by: what was backed up before nothing came of it is not the moment before any more.
    [Fact]
    public async Task A_release_that_had_applied_nothing_is_resumed_with_a_new_backup_and_one_that_had_keeps_its_own()
    {
        string[] arguments = ["--without", "preflight=another test's matter", "--watch", "0", "--backups", "backups"];
        await using (await HoldLockAsync())
        {
            await KillAsync(Before, arguments);
        }

        var nothingApplied = await WouldAsync();

        await using (
            await HoldAsync($"""INSERT INTO migrations."__EFMigrationsHistory" VALUES ('{Newest}', 'somebody else')""")
        )
        {
            await KillAsync(Pending, ["--resume", .. arguments]);
        }

        var oneApplied = await WouldAsync();
        var result = await Tool.RunAsync(["release", "--bundle", BundleFile, "--resume", .. arguments]);

        Assert.True(result.ExitCode == 0, Said(result));
        using var record = Record();
        Assert.Equal(
            2,
            record
                .RootElement.GetProperty("steps")
                .EnumerateArray()
                .Count(s => s.GetProperty("id").GetString() == "backup")
        );
        Assert.Contains("backup: back up into ", nothingApplied, StringComparison.Ordinal);
        Assert.Contains($": {Pending}, {Newest}\n", nothingApplied, StringComparison.Ordinal);
        Assert.Contains("backup: done before the interruption, and kept", oneApplied, StringComparison.Ordinal);
        Assert.Contains($": {Newest}\n", oneApplied, StringComparison.Ordinal);
        Assert.DoesNotContain(Pending, oneApplied, StringComparison.Ordinal);

        async Task<string> WouldAsync()
        {
            var dry = await Tool.RunAsync(["release", "--bundle", BundleFile, "--resume", "--dry-run", .. arguments]);
            Assert.True(dry.ExitCode == 0, Said(dry));
            Assert.Contains("The rest of release ", dry.StandardOutput, StringComparison.Ordinal);
            return dry.StandardOutput;
        }

        async Task KillAsync(string applied, string[] how)
        {
            using var tool = Start(how);
            using var child = await ChildOfAsync(tool);
            await BundleWaitsAsync();
            while (await NewestAsync() != applied)
            {
                await Task.Delay(20, Cancel);
            }

            child.Kill();
            tool.Kill();
            await EndAsync(tool);
        }
    }

    [Fact]
    public async Task One_that_had_migrated_and_is_given_up_leaves_its_way_back_and_its_backup_to_the_next()
    {
        string[] arguments = ["--without", "preflight=another test's matter", "--watch", "0", "--backups", "backups"];
        await using (
            await HoldAsync($"""INSERT INTO migrations."__EFMigrationsHistory" VALUES ('{Newest}', 'somebody else')""")
        )
        {
            using var tool = Start(arguments);
            using var child = await ChildOfAsync(tool);
            await BundleWaitsAsync();
            child.Kill();
            tool.Kill();
            await EndAsync(tool);
        }

        Assert.Equal(Pending, await NewestAsync());
        using var given = Record();
        var id = given.RootElement.GetProperty("id").GetString();
        var backup = Assert.Single(Directory.GetDirectories(Path.Combine(Folder.FullName, "backups")));
        await PostgresServer.ExecuteAsync(Database, "CREATE INDEX made_by_hand ON users (timezone)");
        string[] abandon = ["release", "--bundle", BundleFile, "--abandon"];

        var dry = await Tool.RunAsync([.. abandon, "--dry-run", .. arguments]);
        // It is refused, and so it is the one after it that takes the way back over.
        var refused = await Tool.RunAsync([.. abandon, "--watch", "0"]);
        var result = await Tool.RunAsync(["release", "--bundle", BundleFile, .. arguments]);

        var had =
            $"Release {id}, which was given up, had applied 1 migration ({Pending}). "
            + $"To go back to before it: {BundleFile} {Before}; its backup: {backup}";
        Assert.True(dry.ExitCode == 0, Said(dry));
        Assert.Contains(had, dry.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains(had, refused.StandardError, StringComparison.Ordinal);
        Assert.Contains("Not released: nothing was changed", refused.StandardOutput, StringComparison.Ordinal);
        Assert.Contains($"To go back: {BundleFile} {Before}\n", refused.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(
            $"Applied before by release {id}, which was given up: 1 migration ({Pending}).",
            result.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"It leads to before release {id}, which was given up, and takes back what that one had applied too; its backup: {backup}.",
            result.StandardOutput,
            StringComparison.Ordinal
        );
        await PasteAsync(result.StandardOutput, "To go back:");
        Assert.Equal(Before, await NewestAsync());
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("HUP")]
    public async Task An_interrupt_and_a_lost_terminal_end_bundle_and_release_in_order(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "an interrupt is sent with kill");
        string said;
        await using (await HoldLockAsync())
        {
            using var tool = Start();
            using var child = await ChildOfAsync(tool);
            await BundleWaitsAsync();
            await Tool.InterruptAsync(tool.Id, signal);
            said = await EndAsync(tool);

            Assert.True(tool.ExitCode == 130, said);
            Assert.Contains("--resume", said, StringComparison.Ordinal);
            Assert.Contains("Interrupted; nothing was changed: ", said, StringComparison.Ordinal);
            Assert.Contains("\nMigrate: ended by ", said, StringComparison.Ordinal);
            Assert.DoesNotContain("nothing is left half-done", said, StringComparison.Ordinal);
            Assert.True(child.HasExited, "the bundle still runs");
            Assert.Equal(Before, await NewestAsync());
        }

        await PasteAsync(said, "To go on:");
        Assert.Equal(Newest, await NewestAsync());
    }

    private const string HoldsRunnersLock = """
        SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
        """;

    private Process Start() => Start(Hurried([]));

    private Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder.FullName,
        };
        foreach (
            var argument in (string[])
                [Path.Combine(AppContext.BaseDirectory, "db.dll"), "release", "--bundle", BundleFile, .. arguments]
        )
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in Tool.Environment)
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

    private Task<NpgsqlConnection> HoldLockAsync() => HoldAsync("LOCK TABLE users IN ROW EXCLUSIVE MODE");

    private async Task<NpgsqlConnection> HoldAsync(string sql)
    {
        var connection = new NpgsqlConnection(Database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand($"BEGIN; {sql}", connection);
        await command.ExecuteNonQueryAsync(Cancel);
        return connection;
    }

    [GeneratedRegex(@"PPid:\s+(\d+)")]
    private static partial Regex ParentLine();
}
