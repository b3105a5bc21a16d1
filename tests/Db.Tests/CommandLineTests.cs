using Xunit;

namespace Db.Tests;

public class CommandLineTests
{
    [Theory]
    [InlineData("up")]
    [InlineData("down")]
    [InlineData("status")]
    [InlineData("verify")]
    [InlineData("adopt")]
    [InlineData("snapshot")]
    [InlineData("preflight")]
    [InlineData("policies")]
    [InlineData("queries")]
    [InlineData("watch")]
    [InlineData("window")]
    [InlineData("notify")]
    [InlineData("backup")]
    [InlineData("restore")]
    [InlineData("rehearse")]
    [InlineData("trace")]
    [InlineData("lint")]
    public async Task Each_command_explains_itself_with_examples(string command)
    {
        var all = await new Tool().RunAsync("--help");
        var one = await new Tool().RunAsync(command, "--help");

        Assert.Equal((0, 0), (all.ExitCode, one.ExitCode));
        Assert.Contains($"\n  {command} ", all.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("Exit codes: 0 as expected; 1", all.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(
            $"Examples:\n  db {command}",
            one.StandardOutput.ReplaceLineEndings("\n"),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("See: db --help", "bogus")]
    [InlineData("See: db verify --help", "verify", "--bogus")]
    [InlineData("See: db backup verify --help", "backup", "verify", "--jobs")]
    [InlineData("--jobs two: write a whole number of 1 or more.", "backup", "--jobs", "two")]
    [InlineData("--keep 0: write a whole number of 1 or more.", "backup", "--keep", "0")]
    [InlineData("--rows 1e3: write a whole number from 10 to 1000000.", "trace", "--rows", "1e3")]
    [InlineData("--format 1: write one of text, json, sarif, github, junit.", "lint", "--format", "1")]
    [InlineData("<event> sooner: write one of started, finished, failed.", "notify", "sooner")]
    public async Task Arguments_that_make_no_sense_are_exit_code_2(string said, params string[] arguments)
    {
        var result = await new Tool().RunAsync(arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(said, result.StandardError, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", result.StandardError, StringComparison.Ordinal);
        Assert.Empty(result.StandardOutput);
    }

    [Theory]
    [InlineData("release", "--rollback-on-failur")]
    [InlineData("preflight", "--no-such-option=x", "--", "--lock-wait", "1s")]
    [InlineData("rehearse", "--lock-wait", "1s")]
    public async Task A_mistyped_option_is_not_taken_for_one_of_the_rails(params string[] arguments)
    {
        var result = await new Tool().RunAsync(arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith(
            $"db {arguments[0]} has no option {arguments[1].Split('=')[0]}.",
            result.StandardError,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Without_a_command_the_help_is_shown()
    {
        var result = await new Tool().RunAsync();

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("Usage:", result.StandardOutput, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("verify", "postgres://u:hunter2@h/d")]
    [InlineData("Host=h;Password=hunter2")]
    public async Task A_connection_string_in_the_wrong_place_is_not_repeated(params string[] arguments)
    {
        var result = await new Tool().RunAsync(arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.DoesNotContain("hunter2", result.StandardOutput + result.StandardError, StringComparison.Ordinal);
        Assert.Contains("it may hold a password", result.StandardError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("up")]
    [InlineData("down")]
    [InlineData("snapshot")]
    public async Task Outside_a_working_copy_it_says_so(string command)
    {
        var result = await new Tool { Directory = "/" }.RunAsync(command);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith(
            "No App.sln here or above /: run this inside the project's working copy",
            result.StandardError,
            StringComparison.Ordinal
        );
    }
}
