using CliWrap;
using CliWrap.Buffered;
using LocalPostgres;
using MigrationSafety.Connections;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Connections;

public class RoundTripTests(PostgresServer postgres)
{
    private const string Awkward = """p@ss/w:o?r#d%&=;'"\ ü""";

    [Fact]
    public async Task psql_and_Npgsql_reach_the_same_session_by_the_same_uri()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var role = await RoleWithPasswordAsync(database.ConnectionString);
        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            Username = role,
            Password = Awkward,
            ApplicationName = "a b&c",
            Options = "-c statement_timeout=4321",
            SearchPath = "one, \"Two\"",
        };
        var uri = PostgresConnectionString.From(settings).ToUri();

        var psql = await PsqlAsync(uri);
        var npgsql = await NpgsqlAsync(PostgresConnectionString.Parse(uri).KeyValue);

        var expected = $"{role}|{database.Name}|a b&c|4321ms|one, \"Two\"";
        Assert.Equal(expected, psql);
        Assert.Equal(expected, npgsql);
    }

    [Fact]
    public async Task A_socket_is_reached_by_either_way_of_writing_it()
    {
        Assert.SkipWhen(postgres.Server.BinDirectory is null, "the server's sockets are not on this machine");
        const string directory = "/tmp";
        await using var server = await ThrowAwayServer.StartAsync(
            new() { Settings = new Dictionary<string, string> { ["unix_socket_directories"] = directory } },
            TestContext.Current.CancellationToken
        );
        await using var database = await server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var user = $"{settings.Username}:{Uri.EscapeDataString(settings.Password!)}";
        var asParameter = $"postgresql://{user}@/{database.Name}?host={directory}&port={settings.Port}";
        var asHost = $"postgresql://{user}@{Uri.EscapeDataString(directory)}:{settings.Port}/{database.Name}";

        foreach (var uri in new[] { asParameter, asHost })
        {
            var read = PostgresConnectionString.Parse(uri);
            Assert.Equal(database.Name, await ScalarAsync(read.KeyValue, "SELECT current_database()"));
            Assert.Equal(asHost, read.ToUri());
        }

        Assert.StartsWith($"{settings.Username}|{database.Name}|", await PsqlAsync(asHost), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_of_several_hosts_that_answers_is_taken()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var uri =
            $"postgresql://{settings.Username}:{Uri.EscapeDataString(settings.Password!)}@127.0.0.1:1,"
            + $"{settings.Host}:{settings.Port}/{database.Name}?target_session_attrs=read-write";

        Assert.Equal(
            database.Name,
            await ScalarAsync(PostgresConnectionString.Parse(uri).KeyValue, "SELECT current_database()")
        );
    }

    private static async Task<string> RoleWithPasswordAsync(string connectionString)
    {
        var role = $"r@{Guid.NewGuid():N}"[..12];
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using var command = dataSource.CreateCommand(
            $"""CREATE ROLE "{role}" LOGIN PASSWORD '{Awkward.Replace("'", "''", StringComparison.Ordinal)}'"""
        );
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return role;
    }

    private const string WhoAndWhere = """
        SELECT concat_ws('|', session_user, current_database(), current_setting('application_name'),
                         current_setting('statement_timeout'), current_setting('search_path'))
        """;

    private static async Task<string> PsqlAsync(string uri)
    {
        var psql = await Cli.Wrap("psql")
            .WithArguments(["--no-psqlrc", "-qtA", uri, "-c", WhoAndWhere])
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);
        return psql.StandardOutput.TrimEnd('\n');
    }

    private static Task<string> NpgsqlAsync(string keyValue) => ScalarAsync(keyValue, WhoAndWhere);

    private static async Task<string> ScalarAsync(string keyValue, string sql)
    {
        await using var dataSource = NpgsqlDataSource.Create(keyValue);
        await using var command = dataSource.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
