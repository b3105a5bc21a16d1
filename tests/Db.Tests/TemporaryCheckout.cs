using Xunit;

namespace Db.Tests;

/// <summary>A directory that is a working copy to the tool, with a development server of its own.</summary>
internal sealed class TemporaryCheckout : IAsyncDisposable
{
    public TemporaryCheckout()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("db-tests-").FullName;
        File.WriteAllText(Path.Combine(Directory, "App.sln"), "");
    }

    public string Directory { get; }

    public Tool Tool => new() { Directory = Directory };

    public async ValueTask DisposeAsync()
    {
        var down = await Tool.RunAsync("down", "--destroy", "--yes");
        System.IO.Directory.Delete(Directory, recursive: true);
        Assert.Equal(0, down.ExitCode);
    }
}
