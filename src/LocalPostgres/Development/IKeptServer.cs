namespace LocalPostgres.Development;

/// <summary>A development server's processes and data, in one of the ways of <see cref="ServerKind"/>.</summary>
internal interface IKeptServer
{
    /// <summary>Where it runs, after the version: <c>local binaries in /usr/lib/postgresql/15/bin</c>.</summary>
    string Origin { get; }

    /// <summary>Where its data lies: a directory, or a container's volume.</summary>
    string Data { get; }

    Task<bool> IsRunningAsync(CancellationToken cancellationToken);

    /// <summary>Starts it at the port, and returns when it accepts connections.</summary>
    /// <exception cref="Clusters.PortTakenException">Somebody else listens there.</exception>
    Task StartAsync(int port, CancellationToken cancellationToken);

    Task StopAsync(CancellationToken cancellationToken);

    /// <summary>Deletes the data of the stopped server.</summary>
    Task DestroyAsync(CancellationToken cancellationToken);
}
