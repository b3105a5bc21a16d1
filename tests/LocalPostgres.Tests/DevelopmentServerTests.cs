using System.Net;
using System.Net.Sockets;
using LocalPostgres.Choosing;
using Xunit;
using Xunit.Sdk;

namespace LocalPostgres.Tests;

public sealed class DevelopmentServerTests : IAsyncLifetime
{
    // In memory where there is such a place: a development server syncs to its disk, which takes seconds.
    private readonly string _root = Path.Combine(
        Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(),
        "development-server-tests-" + Path.GetRandomFileName()
    );
    private readonly List<string> _said = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DevelopmentServerOptions Options =>
        new()
        {
            Checkout = Path.Combine(_root, "my app"),
            StateDirectory = Path.Combine(_root, "state"),
            Kind = ServerKind.Binaries,
        };

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_root);
        // Its servers run as another account when this is root.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_root, (UnixFileMode)0b111_101_101);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (await DevelopmentServer.FindAsync(Options) is { } server)
            await server.DownAsync(destroy: true);
        Directory.Delete(_root, recursive: true);
    }

    private Task<DevelopmentServer> UpAsync() => DevelopmentServer.UpAsync(Options, new Said(_said), Token);

    private Task<DevelopmentServer> UpAsync(DevelopmentServerOptions options) =>
        DevelopmentServer.UpAsync(options, null, Token);

    [Fact]
    public async Task It_is_made_and_started_and_has_its_database()
    {
        Assert.Null(await DevelopmentServer.FindAsync(Options, Token));

        var server = await UpAsync();

        Assert.True(server.WasStarted);
        Assert.Equal("app", await Query.OneAsync(server.ConnectionString, "SELECT current_database()"));
        Assert.Equal("on", await Query.OneAsync(server.ConnectionString, "SHOW fsync"));
        Assert.Equal(server.Data, await Query.OneAsync(server.ConnectionString, "SHOW data_directory"));
        Assert.StartsWith("PostgreSQL ", server.Description);
        Assert.Contains(_said, line => line.StartsWith("Making a data directory for PostgreSQL "));
    }

    [Fact]
    public async Task A_second_up_changes_nothing()
    {
        var first = await UpAsync();
        await Query.OneAsync(first.ConnectionString, "CREATE TABLE mine ()");

        var second = await UpAsync();

        Assert.False(second.WasStarted);
        Assert.Equal(first.ConnectionString, second.ConnectionString);
        Assert.Equal(0L, await Query.OneAsync(second.ConnectionString, "SELECT count(*) FROM mine"));
    }

    [Fact]
    public async Task Two_ups_at_once_make_one_server()
    {
        var servers = await Task.WhenAll(UpAsync(), UpAsync(), UpAsync());

        Assert.Single(servers, server => server.WasStarted);
        Assert.Single(servers.Select(server => server.ConnectionString).Distinct());
        Assert.Contains("Another run is at work on this development server; waiting for it.", _said);
    }

    [Fact]
    public async Task Data_and_address_survive_down_and_up()
    {
        var before = await UpAsync();
        await Query.OneAsync(before.ConnectionString, "CREATE TABLE kept AS SELECT 1 AS id");

        await before.DownAsync(destroy: false, Token);
        var found = await DevelopmentServer.FindAsync(Options, Token);
        Assert.False(found!.IsRunning);
        var after = await UpAsync();

        Npgsql.NpgsqlConnection.ClearAllPools();
        Assert.Equal(before.ConnectionString, after.ConnectionString);
        Assert.Equal(1, await Query.OneAsync(after.ConnectionString, "SELECT id FROM kept"));
    }

    [Fact]
    public async Task Destroying_leaves_nothing()
    {
        var server = await UpAsync();
        Assert.True(Directory.Exists(server.Data), "the data is not where the server says");

        await server.DownAsync(destroy: true, Token);

        Assert.False(Directory.Exists(server.Data));
        Assert.Null(await DevelopmentServer.FindAsync(Options, Token));
    }

    [Fact]
    public async Task Only_its_owner_can_read_the_password()
    {
        if (OperatingSystem.IsWindows())
            throw SkipException.ForSkip("Windows closes the profile directory instead");
        var server = await UpAsync();

        var password = new Npgsql.NpgsqlConnectionStringBuilder(server.ConnectionString).Password!;
        var holders = Directory
            .EnumerateFiles(_root, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is not ".lock" && File.ReadAllText(file).Contains(password))
            .ToList();

        var holder = Assert.Single(holders);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(holder));
        Assert.Equal(32, password.Length);
    }

    [Fact]
    public async Task It_moves_to_another_port_when_its_own_is_taken_and_stays_there()
    {
        var first = await UpAsync();
        await first.DownAsync(destroy: false, Token);
        int moved;
        using (var intruder = new TcpListener(IPAddress.Loopback, first.Port))
        {
            intruder.Start();

            var second = await UpAsync();

            moved = second.Port;
            Assert.NotEqual(first.Port, moved);
            Assert.Contains($"Port {first.Port} is taken by another program; trying the next one.", _said);
            Assert.Equal(1, await Query.OneAsync(second.ConnectionString, "SELECT 1"));
            await second.DownAsync(destroy: false, Token);
        }
        Assert.Equal(moved, (await UpAsync()).Port);
    }

    [Fact]
    public async Task Each_checkout_has_a_server_of_its_own()
    {
        var one = await UpAsync();
        var elsewhere = Options with { Checkout = Path.Combine(_root, "elsewhere", "my app") };

        Assert.Null(await DevelopmentServer.FindAsync(elsewhere, Token));
        var other = await UpAsync(elsewhere);

        Assert.NotEqual(one.Data, other.Data);
        Assert.NotEqual(one.ConnectionString, other.ConnectionString);
        await other.DownAsync(destroy: true, Token);
        Assert.Equal(1, await Query.OneAsync(one.ConnectionString, "SELECT 1"));
    }

    [Fact]
    public async Task Another_version_than_it_has_is_refused()
    {
        var server = await UpAsync();
        var major = int.Parse(File.ReadAllText(Path.Combine(server.Data, "PG_VERSION")));

        var refusal = await Assert.ThrowsAsync<NoServerException>(() => UpAsync(Options with { Version = major + 1 }));

        Assert.Equal(
            $"This checkout's development server is PostgreSQL {major} by 'binaries', and PostgreSQL {major + 1} was asked for. Its data cannot be taken over. Unset LOCAL_POSTGRES and LOCAL_POSTGRES_VERSION to go on with it, or delete it with all its data first (db down --destroy).",
            refusal.Message
        );
    }

    [Fact]
    public async Task Data_of_a_version_that_is_not_installed_is_left_alone_and_can_be_destroyed()
    {
        var server = await UpAsync();
        await server.DownAsync(destroy: false, Token);
        File.WriteAllText(Path.Combine(server.Data, "PG_VERSION"), "14\n");

        var refusal = await Assert.ThrowsAsync<NoServerException>(UpAsync);

        Assert.StartsWith(
            "This checkout's development server holds data of PostgreSQL 14, which no other major version can read, and the programs of PostgreSQL 14 are gone.",
            refusal.Message
        );
        Assert.Contains($"The data are in {server.Data}.", refusal.Message);
        Assert.True(Directory.Exists(server.Data));

        await (await DevelopmentServer.FindAsync(Options, Token))!.DownAsync(destroy: true, Token);
        Assert.False(Directory.Exists(server.Data));
    }

    [Fact]
    public async Task What_an_interrupted_up_left_is_made_anew()
    {
        var server = await UpAsync();
        await server.DownAsync(destroy: false, Token);
        File.Delete(Path.Combine(server.Data, "..", "..", "server.json"));
        File.Delete(Path.Combine(server.Data, "global", "pg_control"));

        var again = await UpAsync();

        Assert.Equal(1, await Query.OneAsync(again.ConnectionString, "SELECT 1"));
    }

    [Fact]
    public async Task A_directory_that_is_not_ours_is_neither_used_nor_deleted()
    {
        var server = await UpAsync();
        await server.DownAsync(destroy: true, Token);
        var place = Path.GetDirectoryName(Path.GetDirectoryName(server.Data))!;
        Directory.CreateDirectory(place);
        var precious = Path.Combine(place, "thesis.txt");
        await File.WriteAllTextAsync(precious, "final", Token);

        var refusal = await Assert.ThrowsAsync<NoServerException>(UpAsync);

        Assert.StartsWith(
            $"{place} is where this checkout's development server is kept, and it holds something",
            refusal.Message
        );
        Assert.Equal("final", await File.ReadAllTextAsync(precious, Token));
        Assert.Null(await DevelopmentServer.FindAsync(Options, Token));
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_is_named()
    {
        var place = Path.Combine(_root, "a-file");
        await File.WriteAllTextAsync(place, "", Token);

        var refusal = await Assert.ThrowsAsync<NoServerException>(() =>
            UpAsync(Options with { StateDirectory = place })
        );

        Assert.StartsWith($"Development servers are kept in {place}, and that cannot be written: ", refusal.Message);
    }

    private sealed class Said(List<string> lines) : IProgress<string>
    {
        public void Report(string value)
        {
            lock (lines)
                lines.Add(value);
        }
    }
}
