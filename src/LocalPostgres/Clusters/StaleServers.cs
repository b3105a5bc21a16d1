using LocalPostgres.Choosing;

namespace LocalPostgres.Clusters;

/// <summary>
/// Clears away throw-away servers whose process has gone without being able to, for example with its whole machine or
/// process group. The usual end of a killed process needs none of this: see <see cref="DirectoryGuard"/>.
/// </summary>
internal static class StaleServers
{
    public static async Task SweepAsync(ServerAccount account, CancellationToken cancellationToken)
    {
        foreach (
            var directory in ThrowAwayDirectory.Parents.SelectMany(parent =>
                Directory.EnumerateDirectories(parent, ThrowAwayDirectory.Prefix + "*")
            )
        )
        {
            if (
                OwnerMark.ReadFrom(directory) is { } mark
                && mark.User == Environment.UserName
                && mark.Account == account.Name
                && ProcessMark.Parse(mark.Process) is { HasGone: true }
            )
                await ClearAsync(directory, mark, account, cancellationToken);
        }
    }

    private static async Task ClearAsync(
        string directory,
        OwnerMark mark,
        ServerAccount account,
        CancellationToken cancellationToken
    )
    {
        var cluster = new Cluster(new Installation(mark.BinDirectory, new Version(0, 0), ""), account, directory);
        try
        {
            // pg_ctl signals whatever process has the number in postmaster.pid: look first whether it is the server.
            if (cluster.ReadPidFile() is { IsAlive: true })
                await cluster.StopAsync(StopMode.Immediate, TimeSpan.FromSeconds(10), cancellationToken);
            Directory.Delete(directory, recursive: true);
        }
        catch (Exception exception)
            when (exception
                    is IOException
                        or UnauthorizedAccessException
                        or InvalidOperationException
                        or System.ComponentModel.Win32Exception
            )
        {
            // Somebody else clears it at this moment, or its programs have been uninstalled: the next start tries again.
        }
    }
}
