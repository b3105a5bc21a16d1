using Xunit;

namespace Db.Tests.Releasing;

/// <summary>Releases that go through, and those that do not begin.</summary>
public sealed class ReleaseTests(PostgresServer postgres, BuiltBundle bundle) : Releases(postgres, bundle)
{
    [Fact]
    public async Task A_good_release_is_migrated_checked_and_reported()
    {
        var result = await ReleaseAsync();

        Assert.True(result.ExitCode == 0, Said(result));
        Assert.Contains(
            "Released, without preflight, backup, queries, watch: ",
            result.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Not done: Back up. Left out: another test's matter",
            result.StandardOutput,
            StringComparison.Ordinal
        );
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
        var page = await File.ReadAllTextAsync(ReleaseFile("report.html"), Cancel);
        Assert.DoesNotContain(Password(), page, StringComparison.Ordinal);
        Assert.Contains("<h1 class=\"look\">Released, without preflight", page, StringComparison.Ordinal);
        Assert.Contains("<p>Not done: Watch after. --watch is 0</p>", page, StringComparison.Ordinal);
        var markdown = await File.ReadAllTextAsync(ReleaseFile("report.md"), Cancel);
        Assert.StartsWith("# Released, without preflight", markdown, StringComparison.Ordinal);
        Assert.Contains("**Not done: Preflight. Left out: ", markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_says_each_step_and_changes_nothing()
    {
        var result = await ReleaseAsync("--dry-run");

        Assert.True(result.ExitCode == 0, Said(result));
        Assert.Contains($"migrate: run {BundleFile}, plan ", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", result.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(Before, await NewestAsync());
        Assert.False(Directory.Exists(Path.Combine(Folder.FullName, "artifacts")));
    }

    [Fact]
    public async Task The_whole_of_it_leaves_a_backup_of_the_moment_before()
    {
        var result = await Tool.RunAsync([
            "release",
            "--bundle",
            BundleFile,
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

        var made = Assert.Single(Directory.GetDirectories(Path.Combine(Folder.FullName, "backups")));
        await RunAsync(BundleFile, Before);
        var later = await Tool.RunAsync(["backup", "--to", "backups"]);
        Assert.True(later.ExitCode == 0, Said(later));
        Assert.True(Directory.Exists(made), "The next backup of the day removed the release's: " + Said(later));
    }

    [Fact]
    public async Task What_is_not_ready_refuses_the_release_and_says_what_to_do()
    {
        var result = await Tool.RunAsync("release", "--bundle", BundleFile, "--watch", "0", "--backups", "backups");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("not ready: restorable, rehearsed, reviewed", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("Not released: nothing was changed", result.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(Before, await NewestAsync());
    }

    [Fact]
    public async Task A_backup_that_cannot_be_written_refuses_the_release()
    {
        await File.WriteAllTextAsync(Path.Combine(Folder.FullName, "backups"), "a file in the way", Cancel);

        var result = await Tool.RunAsync([
            "release",
            "--bundle",
            BundleFile,
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
        var backups = Directory.CreateDirectory(Path.Combine(Folder.FullName, "full")).FullName;
        Assert.SkipUnless(
            Environment.IsPrivilegedProcess && await MountAsync("-t", "tmpfs", "-o", "size=48k", "tmpfs", backups),
            "a small file system can be mounted by root alone"
        );
        try
        {
            var result = await Tool.RunAsync([
                "release",
                "--bundle",
                BundleFile,
                "--backups",
                "full",
                .. ReleaseArguments.Whole,
            ]);

            Assert.Equal(1, result.ExitCode);
            Assert.Contains($"the disk of {backups} is full", result.StandardOutput, StringComparison.Ordinal);
            Assert.Contains("What was written is removed.", result.StandardOutput, StringComparison.Ordinal);
            Assert.Contains("name another directory with --backups", result.StandardOutput, StringComparison.Ordinal);
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
    public async Task A_bundle_that_is_not_there_is_said_before_anything_else()
    {
        var result = await Tool.RunAsync("release", "--bundle", "nowhere/efbundle");

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

    private async Task<bool> MountAsync(params string[] arguments) =>
        (await RunAsync("mount", arguments)).ExitCode == 0;
}
