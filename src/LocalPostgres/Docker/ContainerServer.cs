using System.Globalization;
using Docker.DotNet;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Containers;
using LocalPostgres.Choosing;
using LocalPostgres.Clusters;
using Npgsql;
using Testcontainers.PostgreSql;

namespace LocalPostgres.Docker;

/// <summary>A throw-away server in a container.</summary>
internal sealed class ContainerServer : IServer
{
    private readonly DockerEngine _engine;
    private readonly PostgreSqlContainer _container;
    private readonly NpgsqlConnectionStringBuilder _connection;
    private readonly string _image;

    private ContainerServer(DockerEngine engine, PostgreSqlContainer container, string image, string password)
    {
        _engine = engine;
        _container = container;
        _image = image;
        _connection = ServerContainer.Connection(
            container.Hostname,
            container.GetMappedPublicPort(PostgreSqlBuilder.PostgreSqlPort),
            password
        );
    }

    public NpgsqlConnectionStringBuilder Connection => new(_connection.ConnectionString);
    public string Origin => $"Docker image {_image} at {_engine.Endpoint.Endpoint}";
    public string? BinDirectory => null;

    public static async Task<ContainerServer> CreateAsync(
        DockerEngine engine,
        ServerWish wish,
        ThrowAwayServerOptions options,
        CancellationToken cancellationToken
    )
    {
        var image = ServerContainer.Image(wish);
        await engine.NeedImageAsync(image, null, cancellationToken);
        await StaleContainers.SweepAsync(engine, cancellationToken);
        var hasReaper = await engine.HasReaperAsync(cancellationToken);

        var settings = ThrowAwaySettings.With(options, new Dictionary<string, string>());
        if (options.Durable)
            (settings["fsync"], settings["full_page_writes"]) = ("on", "on");
        const int attempts = 10;
        for (var attempt = 1; ; attempt++)
        {
            var password = Cluster.NewPassword();
            var builder = ServerContainer
                .Builder(engine, image, password, settings)
                .WithCleanUp(hasReaper)
                .WithLabel(StaleContainers.Label, ProcessMark.OfThisProcess.ToString());
            if (engine.IsLocal) // the engine gives another port at each start; a restarted server keeps this one
                builder = builder.WithPortBinding(options.PickPort(), PostgreSqlBuilder.PostgreSqlPort);
            var container = builder.Build();
            try
            {
                await ServerContainer.StartAsync(container, cancellationToken);
                return new ContainerServer(engine, container, image, password);
            }
            catch (Exception exception)
            {
                await RemoveAsync(engine, container);
                if (exception is not PortTakenException)
                    throw;
                if (attempt == attempts)
                    throw new UnavailableException(
                        $"{attempts} free ports in a row were taken before the container had them"
                    );
            }
        }
    }

    public async Task StopAsync(StopMode mode, CancellationToken cancellationToken)
    {
        if (!_engine.IsLocal)
            throw new NotSupportedException(
                $"The engine at {_engine.Endpoint.Endpoint} is not on this machine: it would give the server another port when it starts again. Set LOCAL_POSTGRES=binaries or npm where servers are stopped."
            );
        var signal = mode switch
        {
            StopMode.Smart => "SIGTERM",
            StopMode.Fast => "SIGINT",
            _ => "SIGQUIT",
        };
        await _engine.Client.Containers.KillContainerAsync(
            _container.Id,
            new ContainerKillParameters { Signal = signal },
            cancellationToken
        );
        await _engine.Client.Containers.WaitContainerAsync(_container.Id, cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) =>
        ServerContainer.StartAsync(_container, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await RemoveAsync(_engine, _container);
        _engine.Dispose();
    }

    private static async Task RemoveAsync(DockerEngine engine, PostgreSqlContainer container)
    {
        // Without a reaper Testcontainers would only stop it.
        if (container.State != TestcontainersStates.Undefined)
            await engine.RemoveAsync(container.Id);
    }
}
