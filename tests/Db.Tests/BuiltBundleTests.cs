using Xunit;

namespace Db.Tests;

public class BuiltBundleTests(BuiltBundle built)
{
    // Taken over by `dotnet ef --no-build`, the switch would make a migration that drops every table.
    [Fact]
    public async Task Building_a_bundle_leaves_the_projects_own_settings_as_they_were()
    {
        var bundle = await built.PathAsync();

        var settings = Directory.GetFiles(
            Path.Combine(Checkout.Above(AppContext.BaseDirectory)!.Directory, "Data.Migrations", "bin"),
            "Data.Migrations.runtimeconfig.json",
            SearchOption.AllDirectories
        );
        Assert.NotEmpty(settings);
        Assert.All(
            settings,
            path => Assert.DoesNotContain("ModelIsChecked", File.ReadAllText(path), StringComparison.Ordinal)
        );
        Assert.Contains(
            "MigrationSafety.ModelIsChecked",
            await File.ReadAllTextAsync(bundle, TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
    }
}
