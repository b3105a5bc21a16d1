using System.Globalization;
using Docker.DotNet;
using Docker.DotNet.Models;
using LocalPostgres.Choosing;
using LocalPostgres.Clusters;
using LocalPostgres.Docker;
using Npgsql;
using Testcontainers.PostgreSql;

namespace LocalPostgres.Development;

/// <summary>
/// A development server in a container: its data are in a volume with a name, which outlives the container, so that the
/// container can be made anew when its port changes. Testcontainers' reaper is kept away from both.
/// </summary>
/// <param name="engine">Where it runs.</param>
/// <param name="directory">Whose name container and volume bear.</param>
/// <param name="image">The server's image.</param>
/// <param name="major">The server's major version.</param>
internal sealed class KeptContainer(DockerEngine engine, KeptDirectory directory, string image, int major) : IKeptServer
{
    private const string Label = "local-postgres.checkout";
    private const string ServerPort = "5432/tcp";
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromMinutes(2);

    private string Name => NameOf(directory);

    public string Origin => $"Docker image {image} at {engine.Endpoint.Endpoint}, container {Name}";
    public string Data => $"volume {Name}";

    /// <summary>The name of a checkout's container, and of its volume.</summary>
    public static string NameOf(KeptDirectory directory) => $"local-postgres-{directory.Key}";

    /// <summary>Pulls the image, and sees to it that nothing of an interrupted run is in the way.</summary>
    /// <exception cref="UnavailableException">No image.</exception>
    /// <exception cref="NoServerException">There is a volume of that name whose password is not known.</exception>
    public static async Task<KeptContainer> CreateAsync(
        DockerEngine engine,
        KeptDirectory directory,
        ServerWish wish,
        IProgress<string>? progress,
        CancellationToken cancellationToken
    )
    {
        var image = ServerContainer.Image(wish);
        await engine.NeedImageAsync(image, progress, cancellationToken);
        var server = new KeptContainer(engine, directory, image, wish.MajorOrDefault);
        if (await server.VolumeAsync(cancellationToken) is { } volume)
        {
            if (!directory.HasPassword || volume.Labels?.ContainsKey(Label) != true)
                throw new NoServerException(
                    $"Docker has a volume {server.Name}, and nothing here says that it is this checkout's or what its password is. If you need nothing of it: docker rm -f {server.Name}; docker volume rm {server.Name}"
                );
            // A run that was interrupted before its server was finished: nobody has used it.
            await server.DestroyAsync(cancellationToken);
        }
        return server;
    }

    public async Task<bool> IsRunningAsync(CancellationToken cancellationToken) =>
        await ContainerAsync(cancellationToken) is { State.Running: true };

    public async Task StartAsync(int port, CancellationToken cancellationToken)
    {
        if (await ContainerAsync(cancellationToken) is { } existing)
        {
            if (PortOf(existing) == port)
            {
                await StartExistingAsync(existing.ID, port, cancellationToken);
                return;
            }
            await engine.RemoveAsync(existing.ID);
        }

        // The name of the volume is its content's address; the label says that it is ours to delete.
        await engine.Client.Volumes.CreateAsync(
            new VolumesCreateParameters
            {
                Name = Name,
                Labels = new Dictionary<string, string> { [Label] = directory.Checkout },
            },
            cancellationToken
        );
        // From 18 on the image keeps each version's data in a directory of its own below this one.
        var mount = major >= 18 ? "/var/lib/postgresql" : "/var/lib/postgresql/data";
        var container = ServerContainer
            .Builder(
                engine,
                image,
                directory.Password(),
                new Dictionary<string, string> { ["fsync"] = "on", ["full_page_writes"] = "on" }
            )
            .WithCleanUp(false)
            .WithName(Name)
            .WithLabel(Label, directory.Checkout)
            .WithVolumeMount(Name, mount)
            .WithPortBinding(port, PostgreSqlBuilder.PostgreSqlPort)
            .WithCreateParameterModifier(parameters =>
            {
                // Testcontainers publishes ports to the whole network. A development server is this machine's business.
                if (engine.IsLocal)
                    parameters.HostConfig!.PortBindings![ServerPort].Single().HostIP = "127.0.0.1";
            })
            .Build();
        try
        {
            await ServerContainer.StartAsync(container, cancellationToken);
        }
        catch
        {
            await engine.RemoveAsync(Name);
            throw;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken) =>
        // The image's own stop signal is SIGINT: a fast shutdown.
        await engine.Client.Containers.StopContainerAsync(
            Name,
            new ContainerStopParameters { WaitBeforeKillSeconds = 60 },
            cancellationToken
        );

    public async Task DestroyAsync(CancellationToken cancellationToken)
    {
        if (await ContainerAsync(cancellationToken) is { } container)
            await engine.RemoveAsync(container.ID);
        if (await VolumeAsync(cancellationToken) is { } volume && volume.Labels?.ContainsKey(Label) == true)
            await engine.Client.Volumes.RemoveAsync(Name, cancellationToken: cancellationToken);
    }

    private async Task StartExistingAsync(string id, int port, CancellationToken cancellationToken)
    {
        try
        {
            await engine.Client.Containers.StartContainerAsync(id, new ContainerStartParameters(), cancellationToken);
        }
        catch (DockerApiException exception) when (ServerContainer.IsPortTaken(exception))
        {
            throw new PortTakenException();
        }
        catch (DockerApiException exception)
        {
            throw new UnavailableException(
                $"its container does not start: {DockerEngine.OneLine(exception)}",
                exception
            );
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ReadyLimit);
        var where = ServerContainer.Connection(engine.Host, port, directory.Password());
        where.Pooling = false;
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(where.ConnectionString);
                await connection.OpenAsync(limit.Token);
                return;
            }
            catch (NpgsqlException) when (!limit.IsCancellationRequested)
            {
                if (!await IsRunningAsync(limit.Token))
                    throw new UnavailableException($"its container ended; see: docker logs {Name}");
                await Task.Delay(TimeSpan.FromMilliseconds(100), limit.Token);
            }
        }
    }

    private async Task<ContainerInspectResponse?> ContainerAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await engine.Client.Containers.InspectContainerAsync(Name, cancellationToken);
        }
        catch (DockerContainerNotFoundException)
        {
            return null;
        }
    }

    private async Task<VolumeResponse?> VolumeAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await engine.Client.Volumes.InspectAsync(Name, cancellationToken);
        }
        catch (DockerApiException exception) when (exception.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private static int? PortOf(ContainerInspectResponse container) =>
        container.HostConfig?.PortBindings is { } published
        && published.TryGetValue(ServerPort, out var bindings)
        && int.TryParse(bindings.FirstOrDefault()?.HostPort, CultureInfo.InvariantCulture, out var port)
            ? port
            : null;
}
