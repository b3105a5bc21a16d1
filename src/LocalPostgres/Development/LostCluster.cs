using LocalPostgres.Clusters;

namespace LocalPostgres.Development;

/// <summary>A development server whose programs are gone from this machine. It can be looked at, and deleted.</summary>
/// <param name="directory">Where it lies.</param>
/// <param name="state">What is remembered of it.</param>
/// <param name="reason">Why there are no programs for it.</param>
internal sealed class LostCluster(string directory, KeptServerState state, string reason) : IKeptServer
{
    public string Origin => $"whose programs are gone from {state.Place}";
    public string Data => Path.Combine(directory, "data");

    public Task<bool> IsRunningAsync(CancellationToken cancellationToken) =>
        Task.FromResult(PidFile.Read(Path.Combine(Data, "postmaster.pid")) is { IsAlive: true });

    public Task StartAsync(int port, CancellationToken cancellationToken) => throw Lost();

    public Task StopAsync(CancellationToken cancellationToken) => throw Lost();

    public Task DestroyAsync(CancellationToken cancellationToken) => Task.CompletedTask; // the kept directory holds it all

    private NoServerException Lost() =>
        new(
            $"""
            This checkout's development server holds data of PostgreSQL {state.Major}, which no other major version can read, and the programs of PostgreSQL {state.Major} are gone.
              - {reason}
            The data are in {Data}. Install PostgreSQL {state.Major} again (it was in {state.Place}), or delete the server with all its data (db down --destroy) and start a new one.
            """
        );
}
