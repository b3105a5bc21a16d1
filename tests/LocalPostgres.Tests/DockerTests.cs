using LocalPostgres.Choosing;
using LocalPostgres.Docker;
using Npgsql;
using Xunit;

namespace LocalPostgres.Tests;

/// <summary>Where no engine answers, or has no image, these are skipped, and say why.</summary>
public sealed class DockerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_runs_in_a_container()
    {
        await using var server = await StartAsync();
        await using var database = await server.CreateDatabaseAsync(
            "one table",
            (where, _) => Query.OneAsync(where, "CREATE TABLE made_once AS SELECT 42 AS answer"),
            Token
        );

        Assert.Equal(42, await Query.OneAsync(database.ConnectionString, "SELECT answer FROM made_once"));
        Assert.Equal("on", await Query.OneAsync(server.ConnectionString, "SHOW is_superuser"));
        Assert.Equal("off", await Query.OneAsync(server.ConnectionString, "SHOW fsync"));
        Assert.Equal("on", await Query.OneAsync(server.ConnectionString, "SHOW synchronous_commit"));
        Assert.Equal("200", await Query.OneAsync(server.ConnectionString, "SHOW max_connections"));
        Assert.StartsWith($"PostgreSQL {server.Version}, Docker image postgres:15-alpine at ", server.Description);
    }

    [Fact]
    public async Task A_durable_container_syncs_and_has_the_settings_asked_for()
    {
        await using var server = await StartAsync(
            new ThrowAwayServerOptions
            {
                Durable = true,
                Settings = new Dictionary<string, string> { ["max_prepared_transactions"] = "7" },
            }
        );
        Assert.Equal("on", await Query.OneAsync(server.ConnectionString, "SHOW fsync"));
        Assert.Equal("on", await Query.OneAsync(server.ConnectionString, "SHOW full_page_writes"));
        Assert.Equal("7", await Query.OneAsync(server.ConnectionString, "SHOW max_prepared_transactions"));
    }

    [Theory]
    [InlineData(StopMode.Fast)]
    [InlineData(StopMode.Immediate)]
    public async Task What_was_committed_is_there_after_a_restart_at_the_same_address(StopMode mode)
    {
        await using var server = await StartAsync();
        await Query.OneAsync(server.ConnectionString, "CREATE TABLE kept AS SELECT 1 AS id");

        await server.StopAsync(mode, Token);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() =>
            Query.OneAsync(server.ConnectionString + ";Pooling=false", "SELECT 1")
        );
        await server.StartAgainAsync(Token);

        NpgsqlConnection.ClearAllPools();
        Assert.Equal(1, await Query.OneAsync(server.ConnectionString, "SELECT id FROM kept"));
    }

    [Fact]
    public async Task A_container_that_was_disposed_of_is_gone()
    {
        var server = await StartAsync();
        using var engine = await DockerEngine.AskAsync(Machine.Current, Token);
        Assert.Contains(ProcessMark.OfThisProcess.ToString(), await OwnersAsync(engine, server));

        await server.DisposeAsync();

        Assert.Empty(await OwnersAsync(engine, server));
    }

    [Fact]
    public async Task A_missing_image_is_named_with_the_engines_reason()
    {
        using var engine = await RequiredEngine.AskAsync(Token);
        var reason = await Assert.ThrowsAsync<UnavailableException>(() =>
            engine.NeedImageAsync("postgres:no-such-tag", null, Token)
        );
        Assert.StartsWith(
            "the image postgres:no-such-tag is not on this machine, and it could not be pulled: ",
            reason.Message
        );
        Assert.DoesNotContain('\n', reason.Message);
    }

    private static async Task<ThrowAwayServer> StartAsync(ThrowAwayServerOptions? options = null)
    {
        using var engine = await RequiredEngine.AskAsync(Token);
        return await ThrowAwayServer.StartAsync(
            (options ?? new ThrowAwayServerOptions()) with
            {
                Kind = ServerKind.Docker,
                Version = 15,
                Exclusive = true,
            },
            Token
        );
    }

    // Of the containers with this server's port, for others may run tests on the same engine.
    private static async Task<List<string>> OwnersAsync(DockerEngine engine, ThrowAwayServer server)
    {
        var port = new NpgsqlConnectionStringBuilder(server.ConnectionString).Port;
        var containers = await engine.Client.Containers.ListContainersAsync(new() { All = true }, Token);
        return
        [
            .. containers
                .Where(container => container.Ports.Any(mapped => mapped.PublicPort == port))
                .Select(container => container.Labels[StaleContainers.Label]),
        ];
    }
}
