namespace Db;

/// <summary>The folder <c>release</c>: what a release is checked against, committed beside the code.</summary>
/// <param name="Directory">Where it is.</param>
internal sealed record ReleaseFolder(string Directory)
{
    private const string Name = "release";

    public string CriticalQueries => Path.Combine(Directory, "critical-queries");

    public string Settings => Path.Combine(Directory, "release.json");

    /// <summary>The folder that was named, else the one in the current directory, else the working copy's.</summary>
    /// <param name="named">What was given as an option, or null.</param>
    /// <exception cref="CouldNotRunException">There is none.</exception>
    public static ReleaseFolder Find(string? named = null) =>
        named is not null
            ? System.IO.Directory.Exists(named)
                ? new ReleaseFolder(Path.GetFullPath(named))
                : throw new CouldNotRunException($"There is no folder {named}.")
            : FindOrNull()
                ?? throw new CouldNotRunException(
                    $"There is no folder {Name} in {Environment.CurrentDirectory} and no working copy around it. "
                        + "Take it along with the tool, or name it: --release-folder PATH"
                );

    /// <summary>As <see cref="Find"/> without a name, or null where there is none.</summary>
    public static ReleaseFolder? FindOrNull()
    {
        var here = Path.Combine(Environment.CurrentDirectory, Name);
        if (System.IO.Directory.Exists(here))
        {
            return new ReleaseFolder(here);
        }

        var inCheckout = Checkout.Above(Environment.CurrentDirectory) is { } checkout
            ? Path.Combine(checkout.Directory, Name)
            : null;
        return System.IO.Directory.Exists(inCheckout) ? new ReleaseFolder(inCheckout) : null;
    }
}
