using System.Net;
using System.Net.Sockets;
using MigrationSafety.TestMigrations;
using MigrationSafety.Tests.Guards;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Failures;

public class ConnectionFailureTests(PostgresServer postgres)
{
    private NpgsqlConnectionStringBuilder Server => new(postgres.Server.ConnectionString);

    private static async Task<MigrationSafetyException> FailureAsync(
        NpgsqlConnectionStringBuilder connection,
        bool async
    )
    {
        await using var context = new PlainContext(connection.ConnectionString);
        var exception = await Assert.ThrowsAnyAsync<MigrationSafetyException>(() => Run.MigrateAsync(context, async));
        Assert.DoesNotContain("Secret!", exception.ToString(), StringComparison.Ordinal);
        return exception;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_server(bool async)
    {
        var port = FreePort();

        var exception = await FailureAsync(
            new()
            {
                Host = "127.0.0.1",
                Port = port,
                Database = "app",
                Username = "owner",
                Password = "Secret!",
            },
            async
        );

        Assert.Equal(
            $"""
            No server answers at 127.0.0.1:{port}: the connection was refused.

            State: nothing was changed.
            To do: start the server, or correct host and port. To see whether one listens there: pg_isready -h 127.0.0.1 -p {port}
            """,
            exception.Message
        );
    }

    [Fact]
    public async Task A_host_that_does_not_exist()
    {
        var exception = await FailureAsync(
            new()
            {
                Host = "db.invalid",
                Password = "Secret!",
                Username = "owner",
            },
            async: false
        );

        Assert.Equal("UnknownHost", exception.Id);
        Assert.StartsWith(
            "The host name \"db.invalid\" is not known to this machine.",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_server_that_accepts_and_never_answers()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;

        var exception = await FailureAsync(
            new()
            {
                Host = "127.0.0.1",
                Port = port,
                Username = "owner",
                Password = "Secret!",
                Timeout = 1,
            },
            async: true
        );

        Assert.Equal("NoAnswer", exception.Id);
        Assert.StartsWith($"127.0.0.1:{port} did not answer within 1 s.", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Something_that_is_not_PostgreSQL(bool async)
    {
        using var web = new TcpListener(IPAddress.Loopback, 0);
        web.Start();
        var port = ((IPEndPoint)web.LocalEndpoint).Port;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var answering = AnswerAsync();

        var exception = await FailureAsync(
            new()
            {
                Host = "127.0.0.1",
                Port = port,
                Username = "owner",
                Password = "Secret!",
            },
            async
        );

        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answering);
        Assert.Equal(
            $"""
            What listens at 127.0.0.1:{port} does not answer like PostgreSQL: Received unknown response H for SSLRequest (expecting S or N)

            State: nothing was changed.
            To do: correct host and port. To see what listens there: pg_isready -h 127.0.0.1 -p {port}
            """,
            exception.Message
        );

        async Task AnswerAsync()
        {
            while (true)
            {
                using var client = await web.AcceptTcpClientAsync(over.Token);
                await using var stream = client.GetStream();
                await stream.ReadExactlyAsync(new byte[8], over.Token);
                await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), over.Token);
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_that_the_pooler_does_not_know(bool async)
    {
        await using var pooler = await PgBouncer.StartAsync("session", Server.ConnectionString, "known");
        var connection = new NpgsqlConnectionStringBuilder(pooler.ConnectionString) { Database = "nonesuch" };

        var exception = await FailureAsync(connection, async);

        Assert.Equal("DatabaseDoesNotExist", exception.Id);
        Assert.StartsWith(
            $"The connection pooler at 127.0.0.1:{pooler.Port} has no database \"nonesuch\": ",
            exception.Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "To do: correct the name, or let the pooler know the database ([databases] in pgbouncer.ini: nonesuch = host=… dbname=nonesuch, then RELOAD; "
                + "in its console), or connect to the server itself.",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_that_does_not_exist_is_not_created(bool async)
    {
        var server = Server;
        server.Database = "no_such_database";

        var exception = await FailureAsync(server, async);

        Assert.IsType<MigrationRefusedException>(exception);
        Assert.Equal(
            $"""
            The database "no_such_database" does not exist at {server.Host}:{server.Port}. It is not created by itself: a mistyped name would make an empty database, and the run would look like a success.

            State: nothing was changed.
            To do: correct the name, or, if it is to be created, run again with: -- --create-database
            """.Replace(
                $"{server.Host}:{server.Port}",
                server.Host!.StartsWith('/') ? server.Host : $"{server.Host}:{server.Port}",
                StringComparison.Ordinal
            ),
            exception.Message
        );
        Assert.False(
            await Catalogs.ScalarAsync<bool>(
                postgres.Server.ConnectionString,
                "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'no_such_database')"
            )
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_that_does_not_exist_is_created_when_asked_for(bool async)
    {
        var server = Server;
        server.Database = $"created_{Guid.NewGuid():N}";
        await using var context = new PlainContext(server.ConnectionString, o => o.CreateDatabase());
        try
        {
            await Run.MigrateAsync(context, async);

            Assert.Equal(1, await Catalogs.ScalarAsync<int>(server.ConnectionString, "SELECT words FROM notes"));
        }
        finally
        {
            NpgsqlConnection.ClearAllPools();
            await using var source = NpgsqlDataSource.Create(postgres.Server.ConnectionString);
            await using var drop = source.CreateCommand($"DROP DATABASE IF EXISTS {server.Database} WITH (FORCE)");
            await drop.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_role_that_may_not_create_the_database_is_told_the_privilege()
    {
        await using var role = await TestRole.CreateAsync(postgres);
        var server = role.Connect(Server);
        server.Database = "no_such_database";
        await using var context = new PlainContext(server.ConnectionString, o => o.CreateDatabase());

        var exception = await Assert.ThrowsAnyAsync<MigrationSafetyException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.Equal("PrivilegeMissing", exception.Id);
        Assert.Contains($"ALTER ROLE {role.Name} CREATEDB;", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_that_may_not_connect_is_told_the_grant()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(postgres);
        await Catalogs.ScalarAsync<object>(
            database.ConnectionString,
            $"REVOKE CONNECT ON DATABASE {database.Name} FROM PUBLIC; SELECT 1"
        );

        var exception = await FailureAsync(role.Connect(new(database.ConnectionString)), async: false);

        Assert.Equal("PrivilegeMissing", exception.Id);
        Assert.Contains(
            $"GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {database.Name} TO {role.Name};",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_role_without_connections_left()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(postgres, "CONNECTION LIMIT 0");

        var exception = await FailureAsync(role.Connect(new(database.ConnectionString)), async: false);

        Assert.Equal("TooManyConnections", exception.Id);
    }

    [Fact]
    public async Task A_role_that_does_not_exist()
    {
        var server = Server;
        (server.Username, server.Password) = ("nobody_here", "Secret!");

        var exception = await FailureAsync(server, async: false);

        Assert.Contains(exception.Id, new[] { "NotLetIn", "WrongPassword" });
        Assert.Contains("nobody_here", exception.Message, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
