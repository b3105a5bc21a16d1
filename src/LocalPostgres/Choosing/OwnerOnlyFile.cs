namespace LocalPostgres.Choosing;

/// <summary>Files that hold a secret: nobody but their owner can read them, from their first moment.</summary>
internal static class OwnerOnlyFile
{
    /// <summary>Writes a file that is either there as a whole or not at all.</summary>
    public static void Write(string path, string content)
    {
        var next = path + ".next";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) // where profile directories are closed to others as a whole
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var writer = new StreamWriter(next, options))
            writer.Write(content);
        File.Move(next, path, overwrite: true);
    }
}
