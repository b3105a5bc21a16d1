namespace LocalPostgres.Development;

/// <summary>A development server in Docker, while no engine answers. It can be looked at, and nothing else.</summary>
/// <param name="directory">Whose name container and volume bear.</param>
/// <param name="state">What is remembered of it.</param>
/// <param name="reason">Why there is no engine.</param>
internal sealed class LostContainer(KeptDirectory directory, KeptServerState state, string reason) : IKeptServer
{
    public string Origin => $"Docker image {state.Place}, whose engine does not answer";
    public string Data => $"volume {KeptContainer.NameOf(directory)}";

    public Task<bool> IsRunningAsync(CancellationToken cancellationToken) => Task.FromResult(false);

    public Task StartAsync(int port, CancellationToken cancellationToken) => throw Lost();

    public Task StopAsync(CancellationToken cancellationToken) => throw Lost();

    public Task DestroyAsync(CancellationToken cancellationToken) => throw Lost();

    private NoServerException Lost() =>
        new(
            $"""
            This checkout's development server is in Docker, and there it cannot be reached now.
              - Docker: {reason}
            Its data are in the {Data}. Start Docker (or set DOCKER_HOST to the engine it was made with) and run this again.
            """
        );
}
