using System.Globalization;
using LocalPostgres.Choosing;
using LocalPostgres.Clusters;

namespace LocalPostgres.Development;

/// <summary>A development server of PostgreSQL's programs on this machine.</summary>
internal sealed class KeptCluster(Cluster cluster) : IKeptServer
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    public string Origin => $"{cluster.Installation.Origin} in {cluster.Installation.BinDirectory}";
    public string Data => cluster.DataDirectory;

    public static async Task<KeptCluster> CreateAsync(
        Installation installation,
        ServerAccount account,
        KeptDirectory directory,
        CancellationToken cancellationToken
    )
    {
        // What an interrupted run left half-made; the caller knows that no server has been finished here.
        var cluster = new Cluster(installation, account, directory.Cluster);
        if (cluster.ReadPidFile() is { IsAlive: true })
            await cluster.StopAsync(StopMode.Immediate, StopLimit, cancellationToken);
        if (Directory.Exists(directory.Cluster))
            Directory.Delete(directory.Cluster, recursive: true);
        UserDirectories.Make(directory.Cluster);
        await account.OwnAsync(directory.Cluster, cancellationToken);
        await cluster.InitialiseAsync(directory.Password(), sync: true, cancellationToken);
        return new KeptCluster(cluster);
    }

    public Task<bool> IsRunningAsync(CancellationToken cancellationToken) =>
        Task.FromResult(cluster.ReadPidFile() is { IsAlive: true });

    public async Task StartAsync(int port, CancellationToken cancellationToken)
    {
        await cluster.ConfigureAsync(
            new Dictionary<string, string>
            {
                ["listen_addresses"] = "127.0.0.1",
                ["port"] = port.ToString(CultureInfo.InvariantCulture),
                ["unix_socket_directories"] = "",
            },
            cancellationToken
        );
        await cluster.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        cluster.StopAsync(StopMode.Fast, StopLimit, cancellationToken);

    public Task DestroyAsync(CancellationToken cancellationToken) => Task.CompletedTask; // the kept directory holds it all
}
