using System.Net;
using System.Net.Sockets;
using LocalPostgres.Docker;
using Npgsql;
using Xunit;

namespace LocalPostgres.Tests;

public sealed class DevelopmentServerInDockerTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("development-server-in-docker-").FullName;
    private DockerEngine _engine = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DevelopmentServerOptions Options =>
        new()
        {
            Checkout = Path.Combine(_root, "my app"),
            StateDirectory = Path.Combine(_root, "state"),
            Kind = ServerKind.Docker,
            Version = 15,
        };

    public async ValueTask InitializeAsync() => _engine = await RequiredEngine.AskAsync(Token);

    public async ValueTask DisposeAsync()
    {
        if (await DevelopmentServer.FindAsync(Options) is { } server)
            await server.DownAsync(destroy: true);
        _engine?.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private Task<DevelopmentServer> UpAsync() => DevelopmentServer.UpAsync(Options, null, Token);

    [Fact]
    public async Task Two_ups_at_once_make_one_container_that_listens_on_this_machine_alone()
    {
        var servers = await Task.WhenAll(UpAsync(), UpAsync());

        var started = Assert.Single(servers, server => server.WasStarted);
        Assert.Equal(servers[0].ConnectionString, servers[1].ConnectionString);
        Assert.Equal("app", await Query.OneAsync(started.ConnectionString, "SELECT current_database()"));
        Assert.Equal("on", await Query.OneAsync(started.ConnectionString, "SHOW fsync"));
        Assert.StartsWith("PostgreSQL 15, Docker image postgres:15-alpine at ", started.Description);
        var container = Assert.Single(
            await _engine.Client.Containers.ListContainersAsync(new(), Token),
            container => container.Ports.Any(port => port.PublicPort == started.Port)
        );
        Assert.All(container.Ports, port => Assert.Equal("127.0.0.1", port.IP));
    }

    [Fact]
    public async Task Data_and_address_survive_down_and_up_and_nothing_survives_destroying()
    {
        var before = await UpAsync();
        await Query.OneAsync(before.ConnectionString, "CREATE TABLE kept AS SELECT 1 AS id");

        await before.DownAsync(destroy: false, Token);
        Assert.False((await DevelopmentServer.FindAsync(Options, Token))!.IsRunning);
        var after = await UpAsync();

        NpgsqlConnection.ClearAllPools();
        Assert.Equal(before.ConnectionString, after.ConnectionString);
        Assert.Equal(1, await Query.OneAsync(after.ConnectionString, "SELECT id FROM kept"));

        await after.DownAsync(destroy: true, Token);
        Assert.Null(await DevelopmentServer.FindAsync(Options, Token));
        var name = after.Data.Split(' ')[1];
        Assert.DoesNotContain(
            await _engine.Client.Containers.ListContainersAsync(new() { All = true }, Token),
            container => container.Names.Contains("/" + name)
        );
        Assert.DoesNotContain(
            (await _engine.Client.Volumes.ListAsync(Token)).Volumes ?? [],
            volume => volume.Name == name
        );
    }

    [Fact]
    public async Task It_moves_with_its_data_when_its_port_is_taken()
    {
        var first = await UpAsync();
        await Query.OneAsync(first.ConnectionString, "CREATE TABLE kept AS SELECT 1 AS id");
        await first.DownAsync(destroy: false, Token);
        using var intruder = new TcpListener(IPAddress.Loopback, first.Port);
        intruder.Start();

        var second = await UpAsync();

        Assert.NotEqual(first.Port, second.Port);
        Assert.Equal(1, await Query.OneAsync(second.ConnectionString, "SELECT id FROM kept"));
    }

    [Fact]
    public async Task A_volume_whose_password_is_lost_is_left_alone()
    {
        var server = await UpAsync();
        await server.DownAsync(destroy: false, Token);
        var volume = server.Data.Split(' ')[1];
        var state = Path.Combine(_root, "state");
        Directory.Move(state, state + ".away");

        var refusal = await Assert.ThrowsAsync<NoServerException>(UpAsync);

        Assert.Equal(
            $"Docker has a volume {volume}, and nothing here says that it is this checkout's or what its password is. If you need nothing of it: docker rm -f {volume}; docker volume rm {volume}",
            refusal.Message
        );
        Directory.Delete(state, recursive: true);
        Directory.Move(state + ".away", state);
        Assert.Equal(1, await Query.OneAsync((await UpAsync()).ConnectionString, "SELECT 1"));
    }
}
