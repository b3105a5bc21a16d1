namespace Benchmarks.Measuring;

/// <summary>The working copy that the benchmarks were built from.</summary>
internal static class Checkout
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string? directory)
    {
        for (; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "App.sln")))
            {
                return directory;
            }
        }

        throw new InvalidOperationException(
            $"App.sln is in no directory above {AppContext.BaseDirectory}: run the benchmarks from a checkout."
        );
    }
}
