using CliWrap;
using CliWrap.Buffered;
using Xunit;

namespace Db.Tests;

/// <summary>Runs <c>db</c> as a process of its own, with none of this process's own databases in its environment.</summary>
internal sealed record Tool
{
    private static readonly string[] _cleared =
    [
        "MIGRATE_DATABASE_URL",
        "DATABASE_URL",
        "DB_BACKUPS",
        "RESTORE_DATABASE_URL",
        "NODE_ENV",
        "APP_ENV",
        "VERCEL_ENV",
        "DOTNET_ENVIRONMENT",
        "ASPNETCORE_ENVIRONMENT",
        "NO_COLOR",
    ];

    /// <summary>How it is started, as its messages say it.</summary>
    public static string Name { get; } = $"dotnet {Path.Combine(AppContext.BaseDirectory, "db.dll")}";

    public string Directory { get; init; } = Path.GetTempPath();

    public Dictionary<string, string?> Environment { get; init; } =
        _cleared.ToDictionary(name => name, _ => (string?)null);

    public Tool With(string variable, string value) =>
        this with
        {
            Environment = new(Environment) { [variable] = value },
        };

    public Task<BufferedCommandResult> RunAsync(params string[] arguments) =>
        Command(arguments).ExecuteBufferedAsync(TestContext.Current.CancellationToken);

    /// <summary>Sends a process a signal; without a name, what Ctrl-C sends.</summary>
    public static async Task InterruptAsync(int process, string signal = "INT")
    {
        var kill = await Cli.Wrap("kill").WithArguments([$"-{signal}", $"{process}"]).ExecuteAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    public Command Command(params string[] arguments) =>
        Cli.Wrap("dotnet")
            .WithArguments([Path.Combine(AppContext.BaseDirectory, "db.dll"), .. arguments])
            .WithWorkingDirectory(Directory)
            .WithEnvironmentVariables(Environment)
            .WithValidation(CommandResultValidation.None);
}
