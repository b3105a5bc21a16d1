namespace LocalPostgres;

/// <summary>Which development server is meant, and what a new one shall be.</summary>
public sealed record DevelopmentServerOptions
{
    /// <summary>The directory of the checkout the server belongs to; each has its own server, data and port.</summary>
    public string Checkout { get; init; } = Environment.CurrentDirectory;

    /// <summary>The database that <see cref="DevelopmentServer.ConnectionString"/> leads to; made where it is missing.</summary>
    public string Database { get; init; } = "app";

    /// <summary>
    /// The major version, 15 to 18; <c>LOCAL_POSTGRES_VERSION</c> when null, else the oldest supported one is preferred.
    /// A server that exists keeps its version: data of one major version cannot be read by another.
    /// </summary>
    public int? Version { get; init; }

    /// <summary>The one way to use; <c>LOCAL_POSTGRES</c> when null, else the first that works.</summary>
    public ServerKind? Kind { get; init; }

    /// <summary>Where the servers of all checkouts are kept; null for the user's state directory.</summary>
    public string? StateDirectory { get; init; }
}
