using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LocalPostgres.Choosing;
using LocalPostgres.Clusters;

namespace LocalPostgres.Development;

/// <summary>The directory in which everything of one checkout's development server lies.</summary>
internal sealed class KeptDirectory
{
    // Says that the directory is ours: what lacks it is neither used nor deleted.
    private const string MarkFile = "made-by-local-postgres";
    private const int FirstPort = 15432;
    private const int PortCount = 1000;

    private KeptDirectory(string checkout, string stateDirectory)
    {
        Checkout = checkout;
        Hash = SHA256.HashData(Encoding.UTF8.GetBytes(checkout));
        var name = new string([.. Path.GetFileName(checkout).ToLowerInvariant().Where(char.IsAsciiLetterOrDigit)]);
        Key = $"{(name.Length == 0 ? "root" : name)}-{Convert.ToHexStringLower(Hash)[..8]}";
        Root = Path.Combine(stateDirectory, Key);
    }

    private byte[] Hash { get; }
    private string Root { get; }

    public string Checkout { get; }

    /// <summary>The checkout's directory name and a hash of its path: what containers and volumes are named by.</summary>
    public string Key { get; }

    public string Cluster => Path.Combine(Root, "cluster");
    public string StateFile => Path.Combine(Root, "server.json");
    private string PasswordFile => Path.Combine(Root, "password");

    public static KeptDirectory Of(DevelopmentServerOptions options) =>
        new(
            Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Checkout)),
            options.StateDirectory ?? UserDirectories.State
        );

    /// <summary>
    /// What is remembered of the server; null where there is none, or where somebody has deleted its data by hand. The
    /// version is the data's own word, if it is a directory of ours.
    /// </summary>
    public KeptServerState? ReadState()
    {
        if (!Exists || KeptServerState.Read(StateFile) is not { } state)
            return null;
        if (state.Kind == ServerKind.Docker)
            return state;
        var version = Path.Combine(Cluster, "data", "PG_VERSION");
        return File.Exists(version)
            ? state with
            {
                Major = int.Parse(
                    File.ReadAllText(version),
                    NumberStyles.AllowTrailingWhite,
                    CultureInfo.InvariantCulture
                ),
            }
            : null;
    }

    private bool Exists => File.Exists(Path.Combine(Root, MarkFile));

    /// <exception cref="NoServerException">There is something at its place that is not ours.</exception>
    public void Make()
    {
        if (Exists)
            return;
        if (Directory.Exists(Root) && Directory.EnumerateFileSystemEntries(Root).Any(entry => entry != LockFile))
            throw new NoServerException(
                $"{Root} is where this checkout's development server is kept, and it holds something that was not made for that. Look into it; move it away, and run this again."
            );
        UserDirectories.Make(Root);
        File.WriteAllText(
            Path.Combine(Root, MarkFile),
            $"Everything here belongs to the development server of {Checkout}.\n"
        );
    }

    private string LockFile => Root + ".lock";

    /// <summary>Keeps two runs from making, starting or deleting the same server at once.</summary>
    /// <exception cref="NoServerException">The place where servers are kept cannot be written.</exception>
    public async Task<IDisposable> LockAsync(IProgress<string>? progress, CancellationToken cancellationToken)
    {
        // Beside the directory, not in it: it must outlive the directory's removal.
        var parent = Path.GetDirectoryName(LockFile)!;
        try
        {
            UserDirectories.Make(parent);
            return await FileLock.TakeAsync(
                LockFile,
                () => progress?.Report("Another run is at work on this development server; waiting for it."),
                cancellationToken
            );
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NoServerException(
                $"Development servers are kept in {parent}, and that cannot be written: {exception.Message}",
                exception
            );
        }
    }

    public bool HasPassword => File.Exists(PasswordFile);

    /// <summary>The superuser's password: random, and readable by its owner alone.</summary>
    public string Password()
    {
        if (!File.Exists(PasswordFile))
            OwnerOnlyFile.Write(PasswordFile, Clusters.Cluster.NewPassword());
        return File.ReadAllText(PasswordFile).Trim();
    }

    /// <summary>The checkout's port, the same each time, and the ones to take in its stead where it is taken.</summary>
    public IEnumerable<int> Ports()
    {
        var offset = (int)(BitConverter.ToUInt32(Hash) % PortCount);
        return Enumerable.Range(0, PortCount).Select(step => FirstPort + (offset + step) % PortCount);
    }

    public void Delete()
    {
        if (Exists)
            Directory.Delete(Root, recursive: true);
    }
}
