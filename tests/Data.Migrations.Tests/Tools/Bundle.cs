using CliWrap.Buffered;

namespace Data.Migrations.Tests.Tools;

/// <summary>The bundle, built once for the run, with no server running for it and no variable set.</summary>
public sealed class Bundle : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bundle-").FullName;

    private string Program => Path.Combine(_folder, OperatingSystem.IsWindows() ? "efbundle.exe" : "efbundle");

    public async ValueTask InitializeAsync()
    {
        var restored = await Tool.RunAsync("dotnet", ["tool", "restore"]);
        Assert.True(restored.ExitCode == 0, restored.Said());
        var built = await Tool.EfAsync(["migrations", "bundle", "--output", Program, "--force"]);
        Assert.True(built.ExitCode == 0, built.Said());
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    public Task<BufferedCommandResult> RunAsync(string[] arguments, Dictionary<string, string?>? environment = null) =>
        Tool.RunAsync(Program, arguments, environment);
}
