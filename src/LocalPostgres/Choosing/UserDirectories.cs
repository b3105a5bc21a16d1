namespace LocalPostgres.Choosing;

/// <summary>
/// Where a user's files of this library lie, by each system's custom. Root's home is closed to the account its servers
/// run as, so root uses the machine's directories.
/// </summary>
internal static class UserDirectories
{
    private const string Name = "local-postgres";

    /// <summary>What can be fetched or made again.</summary>
    public static string Cache { get; } =
        OperatingSystem.IsWindows() ? Path.Combine(LocalApplicationData, Name, "cache")
        : Environment.IsPrivilegedProcess ? $"/var/cache/{Name}"
        : OperatingSystem.IsMacOS() ? Path.Combine(Home, "Library", "Caches", Name)
        : Path.Combine(Xdg("XDG_CACHE_HOME", ".cache"), Name);

    /// <summary>The programs that npm fetched.</summary>
    public static string Npm { get; } = Path.Combine(Cache, "npm");

    /// <summary>What must be kept: the data of development servers.</summary>
    public static string State { get; } =
        OperatingSystem.IsWindows() ? Path.Combine(LocalApplicationData, Name, "state")
        : Environment.IsPrivilegedProcess ? $"/var/lib/{Name}"
        : OperatingSystem.IsMacOS() ? Path.Combine(Home, "Library", "Application Support", Name)
        : Path.Combine(Xdg("XDG_STATE_HOME", Path.Combine(".local", "state")), Name);

    /// <summary>
    /// Makes a directory that the account of the servers can pass through, whatever root's umask; a user's own
    /// directories are for the user alone.
    /// </summary>
    public static void Make(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var mode = Environment.IsPrivilegedProcess
            ? owner | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute
            : owner;
        for (var made = path; !Directory.Exists(path); made = path)
        {
            while (Path.GetDirectoryName(made) is { } parent && !Directory.Exists(parent))
                made = parent;
            Directory.CreateDirectory(made);
            File.SetUnixFileMode(made, mode);
        }
    }

    private static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static string LocalApplicationData =>
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);

    private static string Xdg(string variable, string fallback) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } path && Path.IsPathRooted(path)
            ? path
            : Path.Combine(Home, fallback);
}
