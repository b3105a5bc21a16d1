using LocalPostgres.Choosing;
using Npgsql;
using Xunit;

namespace LocalPostgres.Tests;

public sealed class NamedServerTests(BinariesServer fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Task<ThrowAwayServer> StartAsync(string url, ThrowAwayServerOptions? options = null) =>
        ThrowAwayServer.StartAsync(
            options ?? new ThrowAwayServerOptions(),
            Machine.Current with
            {
                Variables = new Dictionary<string, string>(
                    Machine.Current.Variables.Where(variable =>
                        !variable.Key.StartsWith("LOCAL_POSTGRES", StringComparison.Ordinal)
                    )
                )
                {
                    ["TEST_DATABASE_URL"] = url,
                },
            },
            Token
        );

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_server_that_the_environment_names_comes_first(bool asUri)
    {
        await using var server = await StartAsync(
            asUri ? fixture.Server.ConnectionUri : fixture.Server.ConnectionString
        );
        await using var database = await server.CreateDatabaseAsync(Token);

        Assert.Equal(
            await Query.OneAsync(fixture.Server.ConnectionString, "SHOW data_directory"),
            await Query.OneAsync(database.ConnectionString, "SHOW data_directory")
        );
        var where = new NpgsqlConnectionStringBuilder(fixture.Server.ConnectionString);
        Assert.Equal(
            $"PostgreSQL {fixture.Server.Version}, named by TEST_DATABASE_URL at 127.0.0.1:{where.Port}",
            server.Description
        );
    }

    [Fact]
    public async Task It_is_not_ours_to_stop()
    {
        await using (var server = await StartAsync(fixture.Server.ConnectionUri))
            await Assert.ThrowsAsync<NotSupportedException>(() => server.StopAsync(StopMode.Immediate, Token));
        Assert.Equal(1, await Query.OneAsync(fixture.Server.ConnectionString, "SELECT 1"));
    }

    [Fact]
    public async Task Who_needs_a_server_alone_gets_another_one()
    {
        await using var server = await StartAsync(
            fixture.Server.ConnectionUri,
            new ThrowAwayServerOptions { Exclusive = true }
        );
        Assert.NotEqual(
            await Query.OneAsync(fixture.Server.ConnectionString, "SHOW port"),
            await Query.OneAsync(server.ConnectionString, "SHOW port")
        );
    }

    [Fact]
    public async Task A_wrong_password_is_said_without_repeating_it()
    {
        var wrong = new NpgsqlConnectionStringBuilder(fixture.Server.ConnectionString) { Password = "sesame" };
        var refusal = await Assert.ThrowsAsync<NoServerException>(() => StartAsync(wrong.ConnectionString));
        Assert.Equal(
            $"TEST_DATABASE_URL is set, and the server it names cannot be used: 127.0.0.1:{wrong.Port}: password authentication failed for user \"postgres\". Correct it, or unset it to have a server started here.",
            refusal.Message
        );
    }

    [Theory]
    [InlineData("postgres://user:sesame@", "it is no URI of the form postgresql://user:password@host:port/database")]
    [InlineData(
        "postgres://user:sesame@host:port/db",
        "it is no URI of the form postgresql://user:password@host:port/database"
    )]
    [InlineData(
        "postgres://user:sesame@host/db?sslmod=require",
        "its parameter 'sslmod' is not known here; sslmode is"
    )]
    [InlineData("postgres://user:sesame@host/db?sslmode=yes", "'yes' is no value of sslmode")]
    [InlineData(
        "user:sesame@host",
        "it is neither a postgresql:// URI nor a connection string of the form Host=…;Username=…;Password=…"
    )]
    [InlineData("Username=user;Password=sesame", "it names no host")]
    public async Task What_cannot_be_read_is_said_without_repeating_it(string url, string reason)
    {
        var refusal = await Assert.ThrowsAsync<NoServerException>(() => StartAsync(url));
        Assert.Equal(
            $"TEST_DATABASE_URL is set, and the server it names cannot be used: {reason}. Correct it, or unset it to have a server started here.",
            refusal.Message
        );
        Assert.DoesNotContain("sesame", refusal.ToString());
    }

    [Fact]
    public async Task A_role_without_CREATEDB_is_told_the_command_that_gives_it()
    {
        var role = $"plain_{Guid.NewGuid():N}";
        await Query.OneAsync(fixture.Server.ConnectionString, $"CREATE ROLE {role} LOGIN PASSWORD 'p'");
        var plain = new NpgsqlConnectionStringBuilder(fixture.Server.ConnectionString)
        {
            Username = role,
            Password = "p",
        };

        var refusal = await Assert.ThrowsAsync<NoServerException>(() => StartAsync(plain.ConnectionString));

        Assert.Contains(
            $"user \"{role}\" may not create databases there; as a superuser: ALTER ROLE \"{role}\" CREATEDB.",
            refusal.Message
        );
        await Query.OneAsync(fixture.Server.ConnectionString, $"ALTER ROLE \"{role}\" CREATEDB");
        await using var server = await StartAsync(plain.ConnectionString);
        await using var database = await server.CreateDatabaseAsync(
            "t",
            (where, _) => Query.OneAsync(where, "CREATE TABLE here ()"),
            Token
        );
        Assert.Equal(0L, await Query.OneAsync(database.ConnectionString, "SELECT count(*) FROM here"));
    }

    [Fact]
    public async Task A_database_whose_process_has_gone_is_dropped_and_others_are_left()
    {
        var gone = new ProcessMark(Environment.MachineName, int.MaxValue, DateTimeOffset.UnixEpoch);
        await CreateAsync("test_of_gone", gone.ToString());
        await CreateAsync("test_of_other_machine", (gone with { Machine = "elsewhere" }).ToString());
        await CreateAsync("test_of_somebody", "my precious");
        await CreateAsync("test_of_this_process", ProcessMark.OfThisProcess.ToString());

        await using var server = await StartAsync(fixture.Server.ConnectionUri);

        var left = (string[])
            (
                await Query.OneAsync(
                    fixture.Server.ConnectionString,
                    "SELECT array_agg(datname::text ORDER BY datname) FROM pg_database WHERE datname LIKE 'test\\_of\\_%'"
                )
            )!;
        Assert.Equal(["test_of_other_machine", "test_of_somebody", "test_of_this_process"], left);
        foreach (var name in left)
            await Query.OneAsync(fixture.Server.ConnectionString, $"DROP DATABASE {name}");

        async Task CreateAsync(string name, string comment)
        {
            await Query.OneAsync(fixture.Server.ConnectionString, $"CREATE DATABASE {name}");
            await Query.OneAsync(fixture.Server.ConnectionString, $"COMMENT ON DATABASE {name} IS '{comment}'");
        }
    }
}
