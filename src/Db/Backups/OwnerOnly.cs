using System.Runtime.InteropServices;

namespace Db.Backups;

/// <summary>Files and directories that nobody but their owner can read, and that are on the disk when they are said to be.</summary>
internal static class OwnerOnly
{
    private const UnixFileMode ReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode ReadWriteEnter = ReadWrite | UnixFileMode.UserExecute;

    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, ReadWriteEnter);
        }
    }

    /// <summary>Writes a file that is on the disk as a whole, or not there.</summary>
    public static void WriteFile(string path, ReadOnlySpan<byte> content)
    {
        var next = path + ".next";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = ReadWrite;
        }

        using (var file = new FileStream(next, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
        SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Takes everybody else's rights away from what a program wrote by its own mind.</summary>
    public static void Close(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.SetUnixFileMode(directory, ReadWriteEnter);
        foreach (var file in Directory.EnumerateFiles(directory))
        {
            File.SetUnixFileMode(file, ReadWrite);
        }

        foreach (var inner in Directory.EnumerateDirectories(directory))
        {
            Close(inner);
        }
    }

    /// <summary>Makes a rename last: a directory's entries are on the disk only when the directory itself is synced.</summary>
    public static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(path, 0);
        if (descriptor >= 0)
        {
            _ = Sync(descriptor);
            _ = CloseDescriptor(descriptor);
        }
    }

#pragma warning disable CA5392, SYSLIB1054 // libc has one place; three calls need no generated marshalling
    [DllImport("libc", EntryPoint = "open")]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    private static extern int Sync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int CloseDescriptor(int descriptor);
#pragma warning restore CA5392, SYSLIB1054
}
