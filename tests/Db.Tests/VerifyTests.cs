using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CliWrap.Buffered;
using LocalPostgres;
using Npgsql;
using Xunit;

namespace Db.Tests;

public class VerifyTests(PostgresServer postgres)
{
    [Fact]
    public async Task A_migrated_database_is_as_expected()
    {
        await using var database = await postgres.MigratedDatabaseAsync();

        var result = await new Tool().With("DATABASE_URL", database.ConnectionUri).RunAsync("verify");

        Assert.Equal("", result.StandardError);
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("As expected: ", result.StandardOutput, StringComparison.Ordinal);
        Assert.EndsWith("(named by DATABASE_URL).\n", result.StandardOutput, StringComparison.Ordinal);
        AssertNoPassword(database, result);
    }

    [Fact]
    public async Task What_was_done_by_hand_is_named()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(
            database,
            """
            ALTER TABLE public.users ALTER email DROP NOT NULL;
            DROP POLICY users_delete_authenticated ON public.users;
            GRANT SELECT ON public.verification TO anon;
            CREATE TABLE public.stray (id int);
            """
        );

        var result = await new Tool().With("MIGRATE_DATABASE_URL", database.ConnectionUri).RunAsync("verify");

        Assert.Equal(1, result.ExitCode);
        var lines = result.StandardOutput.Split('\n');
        Assert.Contains("different: table public.users, column email: expected text NOT NULL; found text", lines);
        Assert.Contains(
            lines,
            l =>
                l.StartsWith(
                    "missing: table public.users, policy users_delete_authenticated: expected PERMISSIVE FOR DELETE TO authenticated",
                    StringComparison.Ordinal
                )
        );
        Assert.Contains("extra: table public.verification, grant to anon: found SELECT", lines);
        Assert.Contains("extra: table public.stray", lines);
        Assert.Contains(
            lines,
            line =>
                line.StartsWith("All migrations are applied: what differs was done by hand.", StringComparison.Ordinal)
                && line.Contains("`db snapshot` was not run", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Programs_get_one_json_document()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "ALTER TABLE public.session DISABLE ROW LEVEL SECURITY");

        var result = await new Tool().RunAsync("verify", "--json", "--connection", database.ConnectionString);

        Assert.Equal(1, result.ExitCode);
        var json = JsonDocument.Parse(result.StandardOutput).RootElement;
        Assert.False(json.GetProperty("asExpected").GetBoolean());
        Assert.Equal("--connection", json.GetProperty("source").GetString());
        Assert.Equal(
            """{"kind":"different","object":"table public.session","property":"row level security","expected":"enabled","found":"disabled"}""",
            JsonSerializer.Serialize(Assert.Single(json.GetProperty("differences").EnumerateArray()))
        );
        AssertNoPassword(database, result);
    }

    [Fact]
    public async Task A_database_before_its_migrations_names_the_pending_ones()
    {
        await using var database = await postgres.Server.CreateDatabaseAsync(TestContext.Current.CancellationToken);

        var result = await new Tool().With("DATABASE_URL", database.ConnectionUri).RunAsync("verify");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("missing: table public.users\n", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("Pending, and so not done yet: ", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("_FunctionsAndRoles", result.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_that_may_nothing_can_verify()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        var settings = await RoleAsync(database);

        var result = await new Tool().RunAsync("verify", "--connection", settings.ConnectionString);

        Assert.Equal("", result.StandardError);
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData(
        "postgres://u:hunter2@127.0.0.1:x/d",
        "--connection: the port of host \"127.0.0.1\" must be a whole number from 1 to 65535."
    )]
    [InlineData(
        "Host=127.0.0.1;Port=1;Password=hunter2;Username=u;Database=d",
        "No server answers at 127.0.0.1:1: the connection was refused."
    )]
    [InlineData("mysql://u:hunter2@h/d", "--connection: the scheme \"mysql:\" is not PostgreSQL's")]
    [InlineData("", "--connection: it is empty;")]
    public async Task A_connection_that_cannot_work_is_exit_code_2(string connection, string message)
    {
        var result = await new Tool().RunAsync("verify", "--connection", connection);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith(message, result.StandardError, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", result.StandardError, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_said_without_repeating_it()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        var wrong = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Password = "hunter2" };

        var result = await new Tool().RunAsync("verify", "--verbose", "--connection", wrong.ConnectionString);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("did not accept the password of", result.StandardError, StringComparison.Ordinal);
        Assert.Contains("   at ", result.StandardError, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", result.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_does_not_exist_is_not_made()
    {
        var connection = postgres.Server.ConnectionStringTo("no_such_database");

        var result = await new Tool().RunAsync("verify", "--connection", connection);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith(
            "The database \"no_such_database\" does not exist",
            result.StandardError,
            StringComparison.Ordinal
        );
        await using var dataSource = NpgsqlDataSource.Create(postgres.Server.ConnectionString);
        await using var command = dataSource.CreateCommand(
            "SELECT count(*) FROM pg_database WHERE datname = 'no_such_database'"
        );
        Assert.Equal(0L, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_typed_database_other_than_the_environments_is_refused()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await using var other = await postgres.MigratedDatabaseAsync();

        var result = await new Tool()
            .With("DATABASE_URL", database.ConnectionUri)
            .RunAsync("verify", "--connection", other.ConnectionUri);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"/{other.Name} as", result.StandardError, StringComparison.Ordinal);
        Assert.Contains("Unset DATABASE_URL to use --connection", result.StandardError, StringComparison.Ordinal);
        AssertNoPassword(database, result);
    }

    [Fact]
    public async Task A_blank_variable_is_named()
    {
        var result = await new Tool().With("MIGRATE_DATABASE_URL", " ").RunAsync("verify");

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("MIGRATE_DATABASE_URL: it is empty;", result.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_no_database_named_it_says_how_to_name_one()
    {
        var result = await new Tool { Directory = "/" }.RunAsync("verify");

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith(
            "No database is named. Set MIGRATE_DATABASE_URL or DATABASE_URL",
            result.StandardError,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_interrupt_ends_a_wait_for_a_silent_server()
    {
        // An address of its own, where Linux has them all: at the usual one somebody may still look for a server that had this port.
        var address = OperatingSystem.IsLinux() ? IPAddress.Parse("127.0.0.77") : IPAddress.Loopback;
        using var silent = new TcpListener(address, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        using var interrupt = new CancellationTokenSource();

        var running = new Tool()
            .Command("verify", "--connection", $"postgres://u@{address}:{port}/d?connect_timeout=300")
            .ExecuteBufferedAsync(
                System.Text.Encoding.UTF8,
                System.Text.Encoding.UTF8,
                TestContext.Current.CancellationToken,
                interrupt.Token
            );
        using var client = await silent.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await client.GetStream().ReadExactlyAsync(new byte[8], TestContext.Current.CancellationToken);
        await Tool.InterruptAsync(running.ProcessId);
        var result = await running;

        Assert.Equal(130, result.ExitCode);
        Assert.Equal("Ended before it was done; nothing is left half-done.\n", result.StandardError);
    }

    private static async Task<NpgsqlConnectionStringBuilder> RoleAsync(TestDatabase database)
    {
        var role = $"nobody_{database.Name}";
        await PostgresServer.ExecuteAsync(database, $"CREATE ROLE {role} LOGIN PASSWORD 'p'");
        return new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = "p" };
    }

    private static void AssertNoPassword(TestDatabase database, BufferedCommandResult result)
    {
        var password = new NpgsqlConnectionStringBuilder(database.ConnectionString).Password;
        if (!string.IsNullOrEmpty(password))
        {
            Assert.DoesNotContain(password, result.StandardOutput + result.StandardError, StringComparison.Ordinal);
        }
    }
}
