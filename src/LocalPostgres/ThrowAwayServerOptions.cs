using LocalPostgres.Choosing;
using LocalPostgres.Clusters;

namespace LocalPostgres;

/// <summary>What a throw-away server shall be. Each value that is not set is taken from the environment, then by default.</summary>
public sealed record ThrowAwayServerOptions
{
    /// <summary>
    /// The major version, 15 to 18; <c>LOCAL_POSTGRES_VERSION</c> when null. Without either the oldest supported version
    /// is preferred (what works there works everywhere), and local binaries of any supported version will do.
    /// </summary>
    public int? Version { get; init; }

    /// <summary>
    /// The one way to use; <c>LOCAL_POSTGRES</c> (<c>docker</c>, <c>binaries</c> or <c>npm</c>) when null. A way that is
    /// asked for and fails is an error: no other one is tried.
    /// </summary>
    public ServerKind? Kind { get; init; }

    /// <summary>PostgreSQL's own settings, by name, for example <c>max_prepared_transactions</c> = <c>10</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Keeps <c>fsync</c> on and the data on a disk. Slower to start; a benchmark means nothing without it.
    /// </summary>
    public bool Durable { get; init; }

    /// <summary>
    /// The server is this caller's alone: it will be stopped, or changed for all its databases. The server named by
    /// <c>TEST_DATABASE_URL</c> is then left alone. Implied by <see cref="Settings"/> and <see cref="Durable"/>.
    /// </summary>
    public bool Exclusive { get; init; }

    /// <summary>
    /// How much room its data will take, in bytes, where that is known: a place that has less is not taken. 0 for the
    /// little that a test needs. A container's disk is its engine's affair.
    /// </summary>
    public long RoomNeeded { get; init; }

    /// <summary>
    /// A release of the npm package, whatever its version: for the test that a server which is too old is refused. Null, the default, for
    /// what the other options say.
    /// </summary>
    internal string? NpmRelease { get; init; }

    /// <summary>Gives the ports to try.</summary>
    internal Func<int> PickPort { get; init; } = FreePort.Pick;

    /// <summary>The directory of the clusters that are kept to be copied.</summary>
    internal string ReadyClusters { get; init; } = Path.Combine(UserDirectories.Cache, "ready");

    internal bool NeedsItsOwnServer => Exclusive || Durable || Settings.Count > 0;
}
