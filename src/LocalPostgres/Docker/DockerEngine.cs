using Docker.DotNet;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using LocalPostgres.Choosing;
using Microsoft.Extensions.Logging.Abstractions;

namespace LocalPostgres.Docker;

/// <summary>A Docker engine that has answered.</summary>
internal sealed class DockerEngine : IDisposable
{
    // An engine answers in a tenth of a second. Testcontainers itself waits 200 s for one that accepts and never answers.
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);

    // 90 MB at 1 MB/s take a minute and a half.
    private static readonly TimeSpan PullLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan ReaperLimit = TimeSpan.FromSeconds(30);

    private DockerEngine(IDockerEndpointAuthenticationConfiguration endpoint)
    {
        Endpoint = endpoint;
        Client = endpoint.GetDockerClientBuilder(Guid.NewGuid()).Build();
    }

    public IDockerEndpointAuthenticationConfiguration Endpoint { get; }
    public DockerClient Client { get; }

    /// <summary>It runs on this machine, so that a port that is free here is free for it.</summary>
    public bool IsLocal => Endpoint.Endpoint.Scheme is "unix" or "npipe";

    /// <summary>Where the ports it publishes are found.</summary>
    public string Host =>
        TestcontainersSettings.DockerHostOverride is { Length: > 0 } host ? host
        : IsLocal ? "127.0.0.1"
        : Endpoint.Endpoint.Host;

    /// <summary>Asks whether there is an engine, and does not wait long for the answer.</summary>
    /// <exception cref="UnavailableException">There is none.</exception>
    public static async Task<DockerEngine> AskAsync(Machine machine, CancellationToken cancellationToken)
    {
        var where = machine["DOCKER_HOST"] is { } host ? $"DOCKER_HOST={host}" : "its usual addresses";
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(AnswerLimit);
            await EngineApi.MatchAsync(machine, limit.Token);
            // Blocks; and where nobody answers it goes on blocking its thread, which nobody waits for.
            var endpoint = await Task.Run(() => TestcontainersSettings.OS.DockerEndpointAuthConfig, limit.Token)
                .WaitAsync(limit.Token);
            return endpoint is null
                ? throw new UnavailableException($"no engine answers at {where}")
                : new DockerEngine(endpoint);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UnavailableException(
                $"an engine at {where} accepts connections and did not answer within {AnswerLimit.TotalSeconds:0} s"
            );
        }
        catch (Exception exception) when (exception is not (UnavailableException or OperationCanceledException))
        {
            throw new UnavailableException($"{where}: {OneLine(exception)}", exception);
        }
    }

    /// <summary>Sees to it that the image is on the machine.</summary>
    /// <exception cref="UnavailableException">It is not, and could not be pulled.</exception>
    public async Task NeedImageAsync(string image, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(PullLimit);
        try
        {
            await Client.Images.InspectImageAsync(image, limit.Token);
            return;
        }
        catch (DockerImageNotFoundException)
        {
            progress?.Report($"Pulling the image {image} (once).");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new UnavailableException($"{Endpoint.Endpoint}: {OneLine(exception)}", exception);
        }
        try
        {
            var parts = image.Split(':');
            await Client.Images.CreateImageAsync(
                new ImagesCreateParameters { FromImage = parts[0], Tag = parts[1] },
                new AuthConfig(),
                new Progress<JSONMessage>(),
                limit.Token
            );
            await Client.Images.InspectImageAsync(image, limit.Token);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            var why =
                exception is OperationCanceledException
                    ? $"pulling it took longer than {PullLimit.TotalMinutes:0} minutes"
                    : $"it could not be pulled: {OneLine(exception)}";
            throw new UnavailableException($"the image {image} is not on this machine, and {why}", exception);
        }
    }

    /// <summary>
    /// Starts Testcontainers' reaper, which removes containers when this process has gone. Without it (its image cannot
    /// be had, or it is switched off) the next start removes them.
    /// </summary>
    public async Task<bool> HasReaperAsync(CancellationToken cancellationToken)
    {
        if (!TestcontainersSettings.ResourceReaperEnabled)
            return false;
        try
        {
            await ResourceReaper
                .GetAndStartDefaultAsync(Endpoint, NullLogger.Instance, ct: cancellationToken)
                .WaitAsync(ReaperLimit, cancellationToken);
            return true;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Removes a container and the volumes that have no name; harmless where it is gone already.</summary>
    public async Task RemoveAsync(string container)
    {
        try
        {
            await Client.Containers.RemoveContainerAsync(
                container,
                new ContainerRemoveParameters { Force = true, RemoveVolumes = true }
            );
        }
        catch (DockerContainerNotFoundException)
        {
            // by the reaper, or by hand
        }
        catch (DockerApiException conflict) when (conflict.StatusCode == System.Net.HttpStatusCode.Conflict)
        {
            // its removal is in progress
        }
    }

    public static string OneLine(Exception exception) =>
        string.Join(' ', exception.Message.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries)).Trim();

    public void Dispose() => Client.Dispose();
}
