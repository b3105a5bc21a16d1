using Db.Commands;
using MigrationSafety.Connections;

namespace Db.Bundles;

/// <summary>The bundle as a file: the one that is rehearsed is the one that is released.</summary>
internal sealed class BundleFile
{
    private BundleFile(string path, string fullPath, string digest) =>
        (Path, FullPath, Digest) = (path, fullPath, digest);

    /// <summary>As it was given, for commands that are shown.</summary>
    public string Path { get; }

    /// <summary>As a shell takes it, at the begin of a command, in whatever directory the report is read.</summary>
    public string Command => ToolCommand.Quoted(FullPath);

    /// <summary>Where it is, whatever the current directory.</summary>
    public string FullPath { get; }

    /// <summary>SHA-256 of the file, in lower-case hexadecimal.</summary>
    public string Digest { get; }

    /// <exception cref="CouldNotRunException">There is no such file, or it may not be executed.</exception>
    public static async Task<BundleFile> OpenAsync(string path, CancellationToken ct)
    {
        var full = System.IO.Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            throw new CouldNotRunException(
                $"There is no bundle at {path}. Build it: dotnet ef migrations bundle --project Data.Migrations -o {path} --force"
            );
        }

        const UnixFileMode execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return OperatingSystem.IsWindows() || (File.GetUnixFileMode(full) & execute) != 0
            ? new BundleFile(path, full, await FileChecksum.Sha256Async(full, ct))
            : throw new CouldNotRunException($"{path} may not be executed. If it is the bundle: chmod +x {path}");
    }

    /// <summary>Whether the file is still the one that was opened.</summary>
    public async Task<bool> IsUnchangedAsync(CancellationToken ct) =>
        File.Exists(FullPath) && await FileChecksum.Sha256Async(FullPath, ct) == Digest;

    /// <summary>To be run against a database that somebody needs.</summary>
    public BundleProcess For(PostgresConnectionString database) => new(this, database, isScratch: false);

    /// <summary>To be run against a throw-away server, and against nothing else, whatever the environment names.</summary>
    public BundleProcess ForScratch(PostgresConnectionString database) => new(this, database, isScratch: true);
}
