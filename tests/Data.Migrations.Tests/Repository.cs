namespace Data.Migrations.Tests;

/// <summary>Where the checkout is: the folder above the test's own that holds App.sln.</summary>
internal static class Repository
{
    internal static string Root { get; } = Find(AppContext.BaseDirectory);

    internal static string PathTo(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "App.sln"))
            ? folder
            : Find(
                Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("No App.sln above the tests.")
            );
}
