using Xunit;

namespace Db.Tests;

public class SnapshotTests
{
    // The staleness test of the committed files, on every version that is supported.
    [Theory]
    [InlineData("15")]
    [InlineData("16")]
    [InlineData("17")]
    [InlineData("18")]
    public async Task The_committed_files_are_what_the_migrations_make(string version)
    {
        var result = await new Tool { Directory = AppContext.BaseDirectory }
            .With("LOCAL_POSTGRES_VERSION", version)
            .RunAsync("snapshot", "--check");

        Assert.SkipWhen(
            result.ExitCode == 2 && Environment.GetEnvironmentVariable("CI") is null,
            $"no PostgreSQL {version} on this machine: {result.StandardError}"
        );
        Assert.True(result.ExitCode == 0, result.StandardOutput + result.StandardError);
    }

    [Fact]
    public async Task A_stale_file_is_named_with_the_command_that_renews_it()
    {
        await using var checkout = new TemporaryCheckout();
        System.IO.Directory.CreateDirectory(Path.Combine(checkout.Directory, "Data.Migrations"));

        var written = await checkout.Tool.RunAsync("snapshot");
        Assert.Equal(0, written.ExitCode);
        var fresh = await checkout.Tool.RunAsync("snapshot", "--check");
        Assert.Equal(0, fresh.ExitCode);

        var file = Path.Combine(checkout.Directory, "Data.Migrations", "schema.snapshot");
        await File.AppendAllTextAsync(file, "\ntable public.gone\n", TestContext.Current.CancellationToken);
        var stale = await checkout.Tool.RunAsync("snapshot", "--check");
        Assert.Equal(1, stale.ExitCode);
        Assert.Contains(
            "Data.Migrations/schema.snapshot is stale. Renew it with: dotnet run --project src/Db -- snapshot\n",
            stale.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.Contains("docs/schema.md is up to date.\n", stale.StandardOutput, StringComparison.Ordinal);
    }
}
