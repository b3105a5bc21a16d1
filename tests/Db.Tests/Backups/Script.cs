namespace Db.Tests.Backups;

/// <summary>A shell script in the place of a program.</summary>
internal static class Script
{
    public static void Write(string path, string text)
    {
        File.WriteAllText(path, "#!/bin/sh\n" + text.ReplaceLineEndings("\n") + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
