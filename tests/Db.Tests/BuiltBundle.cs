using CliWrap;
using CliWrap.Buffered;
using Db.Shipping;
using Db.Tests;
using Xunit;

[assembly: AssemblyFixture(typeof(BuiltBundle))]

namespace Db.Tests;

/// <summary>This project's bundle as <c>db ship</c> builds it, once for the whole run, when the first test asks for it.</summary>
public sealed class BuiltBundle : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bundle-").FullName;
    private readonly Lazy<Task<string>> _built;

    public BuiltBundle() => _built = new Lazy<Task<string>>(BuildAsync);

    /// <summary>The path of the file.</summary>
    public Task<string> PathAsync() => _built.Value;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<string> BuildAsync()
    {
        var file = Path.Combine(_folder, OperatingSystem.IsWindows() ? "efbundle.exe" : "efbundle");
        var checkout = Checkout.Above(AppContext.BaseDirectory)!;
        string[][] commands =
        [
            ["tool", "restore"],
            [
                "ef",
                "migrations",
                "bundle",
                "--project",
                Path.Combine(checkout.Directory, "Data.Migrations"),
                "--configuration",
                Configuration,
                "--output",
                file,
                "--force",
                "--no-build",
            ],
        ];
        foreach (var arguments in commands)
        {
            var result = await Cli.Wrap("dotnet")
                .WithArguments(arguments)
                .WithWorkingDirectory(checkout.Directory)
                .WithEnvironmentVariables(v =>
                    v.Set("MIGRATE_DATABASE_URL", null)
                        .Set("DATABASE_URL", null)
                        .Set(Shipment.TargetsVariable, arguments.Contains("bundle") ? Shipment.Targets(checkout) : null)
                )
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync();
            Assert.True(result.ExitCode == 0, result.StandardOutput + result.StandardError);
        }

        return file;
    }

    // The configuration that these tests were built in: bin/<configuration>/net10.0
    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
}
