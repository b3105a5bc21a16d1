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

    /// <param name="durable">On a disk.</param>
    /// <param name="roomNeeded">The bytes that the data will take, where they are known.</param>
    /// <exception cref="UnavailableException">There is less room than is needed.</exception>
    public static string Create(bool durable, long roomNeeded)
    {
        // What lies in memory is missing elsewhere: large data may take half of it at most.
        if (
            !durable
            && FreeBytes(SharedMemory) >= Math.Max(RoomNeeded, 2 * roomNeeded)
            && TryCreateIn(SharedMemory) is { } inMemory
        )
            return inMemory;
        var parent = durable ? Durable : Temporary;
        UserDirectories.Make(parent);
        if (roomNeeded > 0 && FreeBytes(parent) is { } free && free < roomNeeded)
            throw new UnavailableException(
                $"the data needs {roomNeeded >> 20} MB, and {parent} has {free >> 20} MB free"
            );
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

    private static long? FreeBytes(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() && Directory.Exists(path) ? new DriveInfo(path).AvailableFreeSpace : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
