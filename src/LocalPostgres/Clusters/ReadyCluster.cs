using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LocalPostgres.Choosing;

namespace LocalPostgres.Clusters;

/// <summary>
/// A cluster that <c>initdb</c> made once for these programs, kept to be copied: a copy takes a tenth of the time. Its
/// password is kept beside it, for its user's eyes alone.
/// </summary>
internal static class ReadyCluster
{
    /// <summary>Fills a throw-away cluster's directory and returns the superuser's password.</summary>
    /// <param name="cluster">The cluster to fill.</param>
    /// <param name="store">The directory of the ready ones.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnavailableException">initdb failed.</exception>
    public static async Task<string> CopyToAsync(Cluster cluster, string store, CancellationToken cancellationToken)
    {
        try
        {
            var ready = await MakeAsync(cluster, store, cancellationToken);
            var copy = await cluster.Account.RunAsync(
                "cp",
                ["-Rp", ready.DataDirectory, cluster.DataDirectory],
                cancellationToken: cancellationToken
            );
            if (copy.ExitCode == 0)
                return await File.ReadAllTextAsync(PasswordOf(ready), cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A home that cannot be written to, a full disk: it goes without, only slower.
        }
        await cluster.Account.RunAsync("rm", ["-rf", cluster.DataDirectory], cancellationToken: cancellationToken);
        var password = Cluster.NewPassword();
        await cluster.InitialiseAsync(password, sync: false, cancellationToken);
        return password;
    }

    private static async Task<Cluster> MakeAsync(Cluster like, string store, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(store, Key(like.Installation, like.Account));
        var ready = new Cluster(like.Installation, like.Account, directory);
        if (File.Exists(PasswordOf(ready)))
            return ready;

        UserDirectories.Make(store);
        using var _ = await FileLock.TakeAsync(directory + ".lock", () => { }, cancellationToken);
        if (File.Exists(PasswordOf(ready)))
            return ready;
        if (Directory.Exists(directory)) // an interrupted one: its password, written last, is missing
            Directory.Delete(directory, recursive: true);
        UserDirectories.Make(directory);
        await like.Account.OwnAsync(directory, cancellationToken);
        var password = Cluster.NewPassword();
        await ready.InitialiseAsync(password, sync: false, cancellationToken);
        OwnerOnlyFile.Write(PasswordOf(ready), password);
        return ready;
    }

    private static string PasswordOf(Cluster ready) => Path.Combine(ready.Directory, "password");

    // Other programs, also newer ones in the same place, get a cluster of their own.
    private static string Key(Installation installation, ServerAccount account)
    {
        var postgres = new FileInfo(installation.Program("postgres"));
        var identity = string.Create(
            CultureInfo.InvariantCulture,
            $"{postgres.FullName}|{postgres.Length}|{postgres.LastWriteTimeUtc.Ticks}|{account.Name}"
        );
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..12];
        return $"{installation.Version}-{hash}";
    }
}
