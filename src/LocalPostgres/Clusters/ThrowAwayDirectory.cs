using LocalPostgres.Choosing;

namespace LocalPostgres.Clusters;

/// <summary>Where the data of throw-away servers lies: in memory where there is room, since nothing of it is kept.</summary>
internal static class ThrowAwayDirectory
{
    public const string Prefix = "local-postgres-";
    private const string SharedMemory = "/dev/shm";

    // A migrated database is some 10 MB; a suite holds a few dozen at a time. A container's usual 64 MB are too little.
    private const long RoomNeeded = 1L << 30;

    /// <summary>The directories to look through for servers whose process has died.</summary>
    public static IEnumerable<string> Parents =>
        new[] { SharedMemory, Temporary, Durable }.Where(Directory.Exists).Distinct();

    public static string Create(bool durable)
    {
        if (!durable && HasRoom(SharedMemory) && TryCreateIn(SharedMemory) is { } inMemory)
            return inMemory;
        var parent = durable ? Durable : Temporary;
        UserDirectories.Make(parent);
        return CreateIn(parent);
    }

    private static string? TryCreateIn(string parent)
    {
        try
        {
            return CreateIn(parent);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // there, and closed to us: some sandboxes have it so
        }
    }

    private static string CreateIn(string parent)
    {
        var name = Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal);
        return Directory.CreateDirectory(Path.Combine(parent, Prefix + name)).FullName;
    }

    // Root's TMPDIR may be closed to the server's account.
    private static string Temporary =>
        OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess ? Path.GetTempPath() : "/tmp";

    // /tmp is memory on some distributions; what must survive a power cut for a benchmark to be honest lies on a disk.
    private static string Durable => Path.Combine(UserDirectories.Cache, "durable");

    private static bool HasRoom(string path)
    {
        try
        {
            return OperatingSystem.IsLinux()
                && Directory.Exists(path)
                && new DriveInfo(path).AvailableFreeSpace >= RoomNeeded;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
