using System.Net;
using System.Net.Sockets;
using LocalPostgres.Choosing;
using LocalPostgres.Clusters;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(LocalPostgres.Tests.BinariesServer))]

namespace LocalPostgres.Tests;

/// <summary>One server of local binaries for the tests that only need some server.</summary>
public sealed class BinariesServer : IAsyncLifetime
{
    public ThrowAwayServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Server = await ThrowAwayServer.StartAsync(new ThrowAwayServerOptions { Kind = ServerKind.Binaries });

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

public sealed class ThrowAwayServerTests(BinariesServer fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;
    private ThrowAwayServer Server => fixture.Server;

    [Fact]
    public async Task The_connection_string_reaches_the_server_as_superuser()
    {
        Assert.Equal("on", await Query.OneAsync(Server.ConnectionString, "SHOW is_superuser"));
        Assert.Equal("postgres", await Query.OneAsync(Server.ConnectionString, "SELECT current_database()"));
    }

    [Fact]
    public async Task A_wrong_password_is_refused()
    {
        var wrong = new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Password = "wrong", Pooling = false };
        var refusal = await Assert.ThrowsAsync<PostgresException>(() =>
            Query.OneAsync(wrong.ConnectionString, "SELECT 1")
        );
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refusal.SqlState);
    }

    [Fact]
    public async Task The_description_names_version_and_place()
    {
        var number = int.Parse((string)(await Query.OneAsync(Server.ConnectionString, "SHOW server_version_num"))!);
        Assert.Equal(new Version(number / 10000, number % 10000), Server.Version);
        Assert.Equal($"PostgreSQL {Server.Version}, local binaries in {Server.BinDirectory}", Server.Description);
    }

    [Fact]
    public async Task A_database_is_empty_and_has_a_name_of_its_own()
    {
        await using var one = await Server.CreateDatabaseAsync(Token);
        await using var other = await Server.CreateDatabaseAsync(Token);
        Assert.NotEqual(one.Name, other.Name);
        Assert.Equal(one.Name, await Query.OneAsync(one.ConnectionString, "SELECT current_database()"));
        Assert.Equal(
            0L,
            await Query.OneAsync(one.ConnectionString, "SELECT count(*) FROM pg_class WHERE oid >= 16384")
        );
    }

    [Fact]
    public async Task A_database_is_dropped_though_somebody_is_connected()
    {
        var database = await Server.CreateDatabaseAsync(Token);
        await using var connected = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await connected.OpenAsync(Token);

        await database.DisposeAsync();

        Assert.Equal(
            0L,
            await Query.OneAsync(
                Server.ConnectionString,
                $"SELECT count(*) FROM pg_database WHERE datname = '{database.Name}'"
            )
        );
    }

    [Fact]
    public async Task A_template_is_prepared_once_and_cloned_by_all_who_ask_at_once()
    {
        var prepared = 0;
        var template = Guid.NewGuid().ToString();
        var databases = await Task.WhenAll(
            Enumerable
                .Range(0, 10)
                .Select(_ =>
                    Server.CreateDatabaseAsync(
                        template,
                        async (connectionString, _) =>
                        {
                            Interlocked.Increment(ref prepared);
                            await Query.OneAsync(connectionString, "CREATE TABLE made_once AS SELECT 42 AS answer");
                        },
                        Token
                    )
                )
        );

        Assert.Equal(1, prepared);
        Assert.Equal(10, databases.Select(database => database.Name).Distinct().Count());
        foreach (var database in databases)
        {
            Assert.Equal(42, await Query.OneAsync(database.ConnectionString, "SELECT answer FROM made_once"));
            await database.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_session_left_in_the_template_does_not_prevent_the_clone()
    {
        NpgsqlConnection? forgotten = null;
        await using var database = await Server.CreateDatabaseAsync(
            Guid.NewGuid().ToString(),
            async (connectionString, token) =>
            {
                forgotten = new NpgsqlConnection(connectionString + ";Pooling=false");
                await forgotten.OpenAsync(token);
            },
            Token
        );
        Assert.Equal(1, await Query.OneAsync(database.ConnectionString, "SELECT 1"));
        await forgotten!.DisposeAsync();
    }

    [Fact]
    public async Task A_template_that_failed_is_prepared_anew_for_the_next_who_asks()
    {
        var template = Guid.NewGuid().ToString();
        var failure = await Assert.ThrowsAsync<PostgresException>(() =>
            Server.CreateDatabaseAsync(template, (where, _) => Query.OneAsync(where, "SELECT 1 / 0"), Token)
        );
        Assert.Equal(PostgresErrorCodes.DivisionByZero, failure.SqlState);

        await using var database = await Server.CreateDatabaseAsync(
            template,
            (where, _) => Query.OneAsync(where, "CREATE TABLE here ()"),
            Token
        );
        Assert.Equal(0L, await Query.OneAsync(database.ConnectionString, "SELECT count(*) FROM here"));
    }

    [Theory]
    [InlineData(StopMode.Fast)]
    [InlineData(StopMode.Immediate)]
    public async Task What_was_committed_is_there_after_a_restart_at_the_same_address(StopMode mode)
    {
        await using var server = await ThrowAwayServer.StartAsync(
            new ThrowAwayServerOptions { Kind = ServerKind.Binaries, Exclusive = true },
            Token
        );
        await using var database = await server.CreateDatabaseAsync(Token);
        await Query.OneAsync(database.ConnectionString, "CREATE TABLE kept AS SELECT 1 AS id");
        var started = await Query.OneAsync(server.ConnectionString, "SELECT pg_postmaster_start_time()");

        await server.StopAsync(mode, Token);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() =>
            Query.OneAsync(server.ConnectionString + ";Pooling=false", "SELECT 1")
        );
        await server.StartAgainAsync(Token);

        NpgsqlConnection.ClearAllPools();
        Assert.Equal(1, await Query.OneAsync(database.ConnectionString, "SELECT id FROM kept"));
        Assert.NotEqual(started, await Query.OneAsync(server.ConnectionString, "SELECT pg_postmaster_start_time()"));
    }

    [Fact]
    public async Task Settings_asked_for_are_in_force()
    {
        await using var server = await ThrowAwayServer.StartAsync(
            new ThrowAwayServerOptions
            {
                Kind = ServerKind.Binaries,
                Settings = new Dictionary<string, string>
                {
                    ["max_prepared_transactions"] = "7",
                    ["application_name"] = "it's",
                },
            },
            Token
        );
        Assert.Equal("7", await Query.OneAsync(server.ConnectionString, "SHOW max_prepared_transactions"));
        Assert.Equal("off", await Query.OneAsync(server.ConnectionString, "SHOW fsync"));
        Assert.Equal("200", await Query.OneAsync(server.ConnectionString, "SHOW max_connections"));
    }

    [Fact]
    public async Task A_durable_server_syncs()
    {
        await using var server = await ThrowAwayServer.StartAsync(
            new ThrowAwayServerOptions { Kind = ServerKind.Binaries, Durable = true },
            Token
        );
        Assert.Equal("on", await Query.OneAsync(server.ConnectionString, "SHOW fsync"));
        Assert.Equal("on", await Query.OneAsync(server.ConnectionString, "SHOW full_page_writes"));
        var data = (string)(await Query.OneAsync(server.ConnectionString, "SHOW data_directory"))!;
        Assert.DoesNotContain("/dev/shm", data);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_given_up_for_the_next()
    {
        using var intruder = new TcpListener(IPAddress.Loopback, 0);
        intruder.Start();
        var taken = ((IPEndPoint)intruder.LocalEndpoint).Port;
        var ports = new Queue<int>([taken, taken]);

        await using var server = await ThrowAwayServer.StartAsync(
            new ThrowAwayServerOptions
            {
                Kind = ServerKind.Binaries,
                PickPort = () => ports.TryDequeue(out var port) ? port : FreePort.Pick(),
            },
            Token
        );

        Assert.Empty(ports);
        Assert.Equal(1, await Query.OneAsync(server.ConnectionString, "SELECT 1"));
    }

    [Fact]
    public async Task A_server_that_does_not_start_says_why_and_leaves_nothing()
    {
        var before = Directories();
        var failure = await Assert.ThrowsAsync<NoServerException>(() =>
            ThrowAwayServer.StartAsync(
                new ThrowAwayServerOptions
                {
                    Kind = ServerKind.Binaries,
                    Settings = new Dictionary<string, string> { ["shared_buffers"] = "many" },
                },
                Token
            )
        );
        Assert.Contains("invalid value for parameter \"shared_buffers\": \"many\"", failure.Message);
        Assert.Equal(before, Directories());

        static IEnumerable<string> Directories() =>
            ThrowAwayDirectory
                .Parents.SelectMany(parent => Directory.EnumerateDirectories(parent, ThrowAwayDirectory.Prefix + "*"))
                .Where(directory =>
                    OwnerMark.ReadFrom(directory) is { } mark && mark.Process == ProcessMark.OfThisProcess.ToString()
                )
                .Order();
    }

    [Fact]
    public async Task Nothing_is_left_of_a_server_that_was_disposed_of()
    {
        var server = await ThrowAwayServer.StartAsync(
            new ThrowAwayServerOptions { Kind = ServerKind.Binaries, Exclusive = true },
            Token
        );
        var data = (string)(await Query.OneAsync(server.ConnectionString, "SHOW data_directory"))!;
        Assert.True(Directory.Exists(data), "the server keeps its data elsewhere than it says");

        await server.DisposeAsync();

        Assert.False(Directory.Exists(Path.GetDirectoryName(data)), $"{data} is still there");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() =>
            Query.OneAsync(server.ConnectionString + ";Pooling=false", "SELECT 1")
        );
    }
}
