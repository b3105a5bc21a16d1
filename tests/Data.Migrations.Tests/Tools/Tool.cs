using CliWrap;
using CliWrap.Buffered;

namespace Data.Migrations.Tests.Tools;

/// <summary>Runs the commands people run, as processes, from the root of the checkout.</summary>
internal static class Tool
{
    // The tests' own configuration: what they were built against is what `--no-build` finds.
    private static readonly string Configuration = AppContext.BaseDirectory.Contains(
        "/Release/",
        StringComparison.Ordinal
    )
        ? "Release"
        : "Debug";

    internal static Task<BufferedCommandResult> EfAsync(
        string[] arguments,
        Dictionary<string, string?>? environment = null
    ) =>
        RunAsync(
            "dotnet",
            [
                "ef",
                .. Before(arguments),
                "--project",
                "Data.Migrations",
                "--no-build",
                "--configuration",
                Configuration,
                .. After(arguments),
            ],
            environment
        );

    internal static async Task<BufferedCommandResult> RunAsync(
        string program,
        string[] arguments,
        Dictionary<string, string?>? environment = null,
        string? folder = null
    )
    {
        // What the developer has set must not decide what is tested.
        var variables = new Dictionary<string, string?>
        {
            ["MIGRATE_DATABASE_URL"] = null,
            ["DATABASE_URL"] = null,
            ["DOTNET_ENVIRONMENT"] = null,
            ["ASPNETCORE_ENVIRONMENT"] = null,
            ["NODE_ENV"] = null,
        };
        foreach (var (name, value) in environment ?? [])
        {
            variables[name] = value;
        }

        return await Cli.Wrap(program)
            .WithArguments(arguments)
            .WithWorkingDirectory(folder ?? Repository.Root)
            .WithEnvironmentVariables(variables)
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Everything a process said, and its exit code: what a failed assertion should show.</summary>
    internal static string Said(this BufferedCommandResult result) =>
        $"exit code {result.ExitCode}\n{result.StandardOutput}\n{result.StandardError}";

    private static IEnumerable<string> Before(string[] arguments) => arguments.TakeWhile(argument => argument != "--");

    private static IEnumerable<string> After(string[] arguments) => arguments.SkipWhile(argument => argument != "--");
}
