using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using CliWrap.Buffered;
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
            await Tool.InterruptAsync(tool.Id);
            said = await EndAsync(tool);

            Assert.True(tool.ExitCode == 130, said);
            Assert.Contains("--resume", said, StringComparison.Ordinal);
            Assert.True(child.HasExited, "the bundle still runs");
            Assert.Equal(Before, await NewestAsync());
        }

        await PasteAsync(said, "To go on:");
        Assert.Equal(Newest, await NewestAsync());
    }

    private Process Start()
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder.FullName,
        };
        foreach (
            var argument in (string[])
                [Path.Combine(AppContext.BaseDirectory, "db.dll"), "release", "--bundle", BundleFile, .. Hurried([])]
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

    private async Task<NpgsqlConnection> HoldLockAsync()
    {
        var connection = new NpgsqlConnection(Database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand("BEGIN; LOCK TABLE users IN ROW EXCLUSIVE MODE", connection);
        await command.ExecuteNonQueryAsync(Cancel);
        return connection;
    }

    [GeneratedRegex(@"PPid:\s+(\d+)")]
    private static partial Regex ParentLine();
}
