using System.Diagnostics;

namespace LocalPostgres.Clusters;

/// <summary>
/// Sees to it that a throw-away server does not outlive this process. On Unix it is a small shell that waits for the end
/// of its standard input, whose other end only we hold: when this process ends in whatever way, SIGKILL included, the
/// kernel closes that end, and the shell stops the server and removes its directory. Windows has no such shell; there,
/// and where the shell is killed with us, the next start clears up (<see cref="StaleServers"/>).
/// </summary>
internal sealed class DirectoryGuard : IAsyncDisposable
{
    // A Ctrl-C reaches every process of the terminal: the guard must live until we have ended.
    private const string Script = """
        exec >/dev/null 2>&1
        trap '' HUP INT TERM
        read -r word
        "$1" stop -D "$2/data" -m immediate
        rm -rf -- "$2"
        """;

    private readonly Cluster _cluster;
    private Process? _shell;

    private DirectoryGuard(Cluster cluster, Process? shell)
    {
        _cluster = cluster;
        _shell = shell;
    }

    public static DirectoryGuard Start(Cluster cluster) =>
        new(
            cluster,
            OperatingSystem.IsWindows()
                ? null
                : cluster.Account.Start(
                    "/bin/sh",
                    "-c",
                    Script,
                    "local-postgres-guard",
                    cluster.Installation.Program("pg_ctl"),
                    cluster.Directory
                )
        );

    /// <summary>Stops the server, if it runs, and removes its directory.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_shell is { } shell)
        {
            _shell = null;
            shell.StandardInput.Close();
            await shell.WaitForExitAsync();
            shell.Dispose();
        }
        if (_cluster.ReadPidFile() is { IsAlive: true })
            await _cluster.StopAsync(StopMode.Immediate, TimeSpan.FromSeconds(10), CancellationToken.None);
        // What the account could not remove: what root put there, or the directory itself when its parent is closed to it.
        if (Directory.Exists(_cluster.Directory))
            Directory.Delete(_cluster.Directory, recursive: true);
    }
}
