using Npgsql;

namespace LocalPostgres;

/// <summary>A server that was started, or found, in one of the ways of <see cref="ServerKind"/>.</summary>
internal interface IServer : IAsyncDisposable
{
    /// <summary>As superuser, to database <c>postgres</c>. A copy at each call.</summary>
    NpgsqlConnectionStringBuilder Connection { get; }

    /// <summary>Where it runs, after the version: <c>local binaries in /usr/lib/postgresql/15/bin</c>.</summary>
    string Origin { get; }

    /// <summary>The directory of its programs; null where they are not on this machine.</summary>
    string? BinDirectory { get; }

    /// <exception cref="NotSupportedException">The server is not ours to stop.</exception>
    Task StopAsync(StopMode mode, CancellationToken cancellationToken);

    /// <summary>Starts what <see cref="StopAsync"/> stopped: same port, same data.</summary>
    Task StartAsync(CancellationToken cancellationToken);
}
