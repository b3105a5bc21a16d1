using System.Globalization;
using LocalPostgres.Choosing;
using Npgsql;

namespace LocalPostgres.Clusters;

/// <summary>A throw-away server of PostgreSQL's programs on this machine.</summary>
internal sealed class ClusterServer : IServer
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    private readonly Cluster _cluster;
    private readonly DirectoryGuard _guard;
    private readonly NpgsqlConnectionStringBuilder _connection;

    private ClusterServer(Cluster cluster, DirectoryGuard guard, int port, string password)
    {
        _cluster = cluster;
        _guard = guard;
        _connection = Cluster.ConnectionTo(port, password);
    }

    public NpgsqlConnectionStringBuilder Connection => new(_connection.ConnectionString);
    public string Origin => $"{_cluster.Installation.Origin} in {_cluster.Installation.BinDirectory}";
    public string? BinDirectory => _cluster.Installation.BinDirectory;

    public static async Task<ClusterServer> CreateAsync(
        Installation installation,
        ServerAccount account,
        ThrowAwayServerOptions options,
        CancellationToken cancellationToken
    )
    {
        await StaleServers.SweepAsync(account, cancellationToken);

        var directory = ThrowAwayDirectory.Create(options.Durable, options.RoomNeeded);
        OwnerMark.OfThisProcess(account, installation).WriteTo(directory);
        await account.OwnAsync(directory, cancellationToken);
        var cluster = new Cluster(installation, account, directory);
        var guard = DirectoryGuard.Start(cluster);
        try
        {
            var password = await FillAsync(cluster, options, cancellationToken);
            var port = await StartAtFreePortAsync(cluster, options, cancellationToken);
            return new ClusterServer(cluster, guard, port, password);
        }
        catch
        {
            await guard.DisposeAsync();
            throw;
        }
    }

    public Task StopAsync(StopMode mode, CancellationToken cancellationToken) =>
        _cluster.StopAsync(mode, StopLimit, cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => _cluster.StartAsync(cancellationToken);

    public ValueTask DisposeAsync() => _guard.DisposeAsync();

    /// <summary>Makes the data directory and returns the superuser's password.</summary>
    private static async Task<string> FillAsync(
        Cluster cluster,
        ThrowAwayServerOptions options,
        CancellationToken cancellationToken
    )
    {
        if (!options.Durable && !OperatingSystem.IsWindows())
            return await ReadyCluster.CopyToAsync(cluster, options.ReadyClusters, cancellationToken);
        var password = Cluster.NewPassword();
        await cluster.InitialiseAsync(password, sync: options.Durable, cancellationToken);
        return password;
    }

    private static async Task<int> StartAtFreePortAsync(
        Cluster cluster,
        ThrowAwayServerOptions options,
        CancellationToken cancellationToken
    )
    {
        const int attempts = 10;
        for (var attempt = 1; ; attempt++)
        {
            var port = options.PickPort();
            await cluster.ConfigureAsync(
                ThrowAwaySettings.With(
                    options,
                    new Dictionary<string, string>
                    {
                        ["listen_addresses"] = "127.0.0.1",
                        ["port"] = port.ToString(CultureInfo.InvariantCulture),
                        // The usual socket directory is closed to most accounts, and a path here may be too long for a socket.
                        ["unix_socket_directories"] = "",
                    }
                ),
                cancellationToken
            );
            try
            {
                await cluster.StartAsync(cancellationToken);
                return port;
            }
            catch (PortTakenException) when (attempt < attempts)
            {
                // Between our look and the server's somebody else took it.
            }
            catch (PortTakenException)
            {
                throw new UnavailableException($"{attempts} free ports in a row were taken before the server listened");
            }
        }
    }
}
