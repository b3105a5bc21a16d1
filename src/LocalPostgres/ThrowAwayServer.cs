using System.Collections.Concurrent;
using Docker.DotNet;
using LocalPostgres.Choosing;
using LocalPostgres.Clusters;
using LocalPostgres.Docker;
using LocalPostgres.Named;
using LocalPostgres.Npm;
using Npgsql;

namespace LocalPostgres;

/// <summary>
/// A server for tests: one for a test process, a database for a test. It ends with the process, however that ends, and
/// leaves nothing behind.
/// </summary>
/// <remarks>
/// Which server it is, the environment says: <c>TEST_DATABASE_URL</c> names one that runs already;
/// <c>LOCAL_POSTGRES=docker|binaries|npm</c> asks for one way; <c>LOCAL_POSTGRES_VERSION=15|16|17|18</c> for a version.
/// Otherwise the first that works of Docker, local binaries, npm.
/// </remarks>
public sealed class ThrowAwayServer : IAsyncDisposable
{
    private readonly IServer _server;
    private readonly NpgsqlDataSource _admin;
    private readonly bool _copiesFiles;
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _templates = new();

    private ThrowAwayServer(IServer server, bool copiesFiles)
    {
        _server = server;
        _admin = NpgsqlDataSource.Create(server.Connection);
        _copiesFiles = copiesFiles;
    }

    /// <summary>
    /// As superuser (or as the user that <c>TEST_DATABASE_URL</c> names), to database <c>postgres</c>, in Npgsql's
    /// key-value form.
    /// </summary>
    public string ConnectionString => _server.Connection.ConnectionString;

    /// <summary>As <see cref="ConnectionString"/>, as the <c>postgresql://</c> URI that psql, pg_dump and pgbench take.</summary>
    public string ConnectionUri => PostgresUri.From(_server.Connection);

    /// <summary>The server's version: 15.18.</summary>
    public Version Version { get; private set; } = new(0, 0);

    /// <summary>What it is and where it comes from: <c>PostgreSQL 15.18, local binaries in /usr/lib/postgresql/15/bin</c>.</summary>
    public string Description => $"PostgreSQL {Version}, {_server.Origin}";

    /// <summary>
    /// Where its programs lie; null where they are not on this machine. npm's package has no psql and no pg_dump.
    /// </summary>
    public string? BinDirectory => _server.BinDirectory;

    /// <summary>The ways that come before this one, and why each was not taken; one line each.</summary>
    public IReadOnlyList<string> Skipped { get; private init; } = [];

    /// <summary>Starts a server.</summary>
    /// <param name="options">What it shall be; null for what the environment says.</param>
    /// <param name="ct">Ends the attempt; nothing is left running.</param>
    /// <exception cref="NoServerException">None could be started; the message says what to do.</exception>
    public static Task<ThrowAwayServer> StartAsync(
        ThrowAwayServerOptions? options = null,
        CancellationToken ct = default
    ) => StartAsync(options ?? new ThrowAwayServerOptions(), Machine.Current, ct);

    internal static async Task<ThrowAwayServer> StartAsync(
        ThrowAwayServerOptions options,
        Machine machine,
        CancellationToken ct
    )
    {
        var wish = ServerWish.From(options.Kind, options.Version, machine);
        var mayBeNamed = machine[NamedServer.Variable] is not null && !options.NeedsItsOwnServer;
        Attempt<IServer>[] named =
            mayBeNamed || wish.Kind == ServerKind.Url
                ?
                [
                    new(
                        ServerKind.Url,
                        NamedServer.Variable,
                        async token => await NamedServer.ReachAsync(machine, wish, token)
                    ),
                ]
                : [];
        Attempt<IServer>[] attempts =
        [
            .. named,
            new(ServerKind.Docker, "Docker", InContainerAsync),
            new(
                ServerKind.Binaries,
                "Local binaries",
                async token => await OnThisMachineAsync(await LocalBinaries.FindAsync(machine, wish, token), token)
            ),
            new(
                ServerKind.Npm,
                "npm",
                async token =>
                    await OnThisMachineAsync(await EmbeddedPackage.FetchAsync(machine, wish, null, token), token)
            ),
        ];
        var (server, skipped) = options.NpmRelease is { } release
            ? (await OnThisMachineAsync(await EmbeddedPackage.FetchReleaseAsync(machine, release, null, ct), ct), [])
            : await FirstThatStarts.OfAsync(attempts, wish, ct);
        var started = new ThrowAwayServer(server, copiesFiles: !options.Durable && server is not NamedServer)
        {
            Skipped = skipped,
        };
        try
        {
            await using var connection = await started._admin.OpenConnectionAsync(ct);
            started.Version = connection.PostgreSqlVersion;
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }

        async Task<IServer> InContainerAsync(CancellationToken token)
        {
            var engine = await DockerEngine.AskAsync(machine, token);
            try
            {
                return await ContainerServer.CreateAsync(engine, wish, options, token);
            }
            catch (DockerApiException exception)
            {
                engine.Dispose();
                throw new UnavailableException(DockerEngine.OneLine(exception), exception);
            }
            catch
            {
                engine.Dispose();
                throw;
            }
        }

        async Task<IServer> OnThisMachineAsync(Installation installation, CancellationToken token) =>
            await ClusterServer.CreateAsync(installation, ServerAccount.Find(machine), options, token);
    }

    /// <summary>As <see cref="ConnectionString"/>, to another database.</summary>
    public string ConnectionStringTo(string database)
    {
        var connection = _server.Connection;
        connection.Database = database;
        return connection.ConnectionString;
    }

    /// <summary>Creates an empty database with a name of its own.</summary>
    public Task<TestDatabase> CreateDatabaseAsync(CancellationToken ct = default) => CloneAsync("template0", ct);

    /// <summary>Creates a copy of a database of this server in which nobody is connected any more.</summary>
    public Task<TestDatabase> CopyAsync(TestDatabase source, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return CloneAsync(source.Name, ct);
    }

    /// <summary>
    /// Clones a database that is made once for this server: the first call with a template's name creates it and has it
    /// filled, later and simultaneous ones wait for that. A failure is not remembered.
    /// </summary>
    /// <param name="template">What the template is called among its callers.</param>
    /// <param name="prepare">Fills the database at the connection string; sessions it leaves open are ended.</param>
    /// <param name="ct">Ends the wait for this database.</param>
    public async Task<TestDatabase> CreateDatabaseAsync(
        string template,
        Func<string, CancellationToken, Task> prepare,
        CancellationToken ct = default
    )
    {
        var entry = _templates.GetOrAdd(template, _ => new Lazy<Task<string>>(() => MakeTemplateAsync(prepare)));
        try
        {
            return await CloneAsync(await entry.Value.WaitAsync(ct), ct);
        }
        catch when (entry.Value.IsFaulted)
        {
            _templates.TryRemove(KeyValuePair.Create(template, entry));
            throw;
        }
    }

    /// <summary>Stops the server; its data and its port are kept for <see cref="StartAgainAsync"/>.</summary>
    /// <param name="mode">How; <see cref="StopMode.Immediate"/> is what a crash does.</param>
    /// <param name="ct">Ends the wait; the server stops all the same.</param>
    /// <exception cref="NotSupportedException">The server was named by <c>TEST_DATABASE_URL</c> and is not ours to stop.</exception>
    public Task StopAsync(StopMode mode, CancellationToken ct = default)
    {
        _admin.Clear();
        return _server.StopAsync(mode, ct);
    }

    /// <summary>Starts the stopped server again, at the same port, with the same data.</summary>
    public Task StartAgainAsync(CancellationToken ct = default) => _server.StartAsync(ct);

    /// <summary>Stops the server and starts it again.</summary>
    /// <inheritdoc cref="StopAsync" path="/param" />
    /// <inheritdoc cref="StopAsync" path="/exception" />
    public async Task RestartAsync(StopMode mode = StopMode.Fast, CancellationToken ct = default)
    {
        await StopAsync(mode, ct);
        await StartAgainAsync(ct);
    }

    /// <summary>Stops the server and removes its data.</summary>
    public async ValueTask DisposeAsync()
    {
        await _admin.DisposeAsync();
        await _server.DisposeAsync();
    }

    internal async Task DropDatabaseAsync(string name)
    {
        try
        {
            await ExecuteAsync($"""DROP DATABASE IF EXISTS "{name}" WITH (FORCE)""", CancellationToken.None);
        }
        catch (Exception exception) when (exception is ObjectDisposedException || IsDown(exception))
        {
            // A stopped server takes its databases with it; a test that stopped it must not fail for this.
        }
    }

    private static bool IsDown(Exception exception) =>
        exception is NpgsqlException and not PostgresException
        || exception
            is PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CannotConnectNow };

    private async Task<string> MakeTemplateAsync(Func<string, CancellationToken, Task> prepare)
    {
        // Not the first caller's token: the others wait for the same template.
        var database = await CloneAsync("template0", CancellationToken.None);
        try
        {
            await prepare(database.ConnectionString, CancellationToken.None);
            await using (var pooled = new NpgsqlConnection(database.ConnectionString))
                NpgsqlConnection.ClearPool(pooled);
            // A template with a session in it cannot be cloned; so nobody gets in any more, and who is in is put out.
            await ExecuteAsync(
                $"""
                ALTER DATABASE "{database.Name}" WITH ALLOW_CONNECTIONS false;
                SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{database.Name}'
                """,
                CancellationToken.None
            );
            return database.Name;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    private async Task<TestDatabase> CloneAsync(string template, CancellationToken cancellationToken)
    {
        var name = $"test_{Guid.NewGuid():N}"[..20];
        // Copying files makes a checkpoint, which costs nothing where nothing is synced, and much where it is or where
        // others use the server.
        var strategy = _copiesFiles ? " STRATEGY file_copy" : "";
        await ExecuteAsync($"""CREATE DATABASE "{name}" TEMPLATE "{template}"{strategy}""", cancellationToken);
        if (_server is NamedServer)
            await ExecuteAsync(StaleDatabases.MarkCommand(name), cancellationToken);
        return new TestDatabase(this, name);
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = _admin.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
