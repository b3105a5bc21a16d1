using Npgsql;
using Xunit;
using Xunit.Sdk;

namespace LocalPostgres.Tests;

public sealed class ReadyClusterTests : IDisposable
{
    private readonly string _store = Directory.CreateTempSubdirectory("ready-cluster-tests-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ReadyClusterTests()
    {
        if (OperatingSystem.IsWindows())
            throw SkipException.ForSkip("on Windows each cluster is made by initdb");
        // The servers of root run as another account.
        File.SetUnixFileMode(_store, (UnixFileMode)0b111_101_101);
    }

    public void Dispose() => Directory.Delete(_store, recursive: true);

    private Task<ThrowAwayServer> StartAsync() =>
        ThrowAwayServer.StartAsync(
            new ThrowAwayServerOptions
            {
                Kind = ServerKind.Binaries,
                Exclusive = true,
                ReadyClusters = _store,
            },
            Token
        );

    private string ReadyOne => Assert.Single(Directory.EnumerateDirectories(_store));

    private static async Task<object?> SystemAsync(ThrowAwayServer server) =>
        await Query.OneAsync(server.ConnectionString, "SELECT system_identifier FROM pg_control_system()");

    [Fact]
    public async Task Servers_that_start_at_once_are_copies_of_one_cluster_and_share_nothing_else()
    {
        var servers = await Task.WhenAll(StartAsync(), StartAsync(), StartAsync());
        await Query.OneAsync(servers[0].ConnectionString, "CREATE TABLE mine ()");

        Assert.Single(servers.Select(server => SystemAsync(server).Result).Distinct());
        Assert.Equal(
            DBNull.Value,
            await Query.OneAsync(servers[1].ConnectionString, "SELECT to_regclass('mine')::text")
        );
        foreach (var server in servers)
            await server.DisposeAsync();
    }

    [Fact]
    public async Task Only_its_owner_can_read_the_password_of_the_ready_one()
    {
        await using var server = await StartAsync();
        var password = Path.Combine(ReadyOne, "password");
        Assert.Equal(
            new NpgsqlConnectionStringBuilder(server.ConnectionString).Password,
            await File.ReadAllTextAsync(password, Token)
        );
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(password));
    }

    [Fact]
    public async Task An_interrupted_one_is_made_anew()
    {
        object? first;
        await using (var server = await StartAsync())
            first = await SystemAsync(server);
        File.Delete(Path.Combine(ReadyOne, "password"));
        File.Delete(Path.Combine(ReadyOne, "data", "global", "pg_control"));

        await using var next = await StartAsync();

        Assert.NotEqual(first, await SystemAsync(next));
    }

    [Fact]
    public async Task Where_it_cannot_be_copied_the_server_is_made_by_initdb()
    {
        object? first;
        await using (var server = await StartAsync())
            first = await SystemAsync(server);
        Directory.Delete(Path.Combine(ReadyOne, "data"), recursive: true);

        await using var next = await StartAsync();

        Assert.NotEqual(first, await SystemAsync(next));
        Assert.False(Directory.Exists(Path.Combine(ReadyOne, "data")));
    }
}
