using LocalPostgres;
using LocalPostgres.Choosing;
using MigrationSafety.TestMigrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Guards;

public class ServerGuardTests(PostgresServer postgres)
{
    [Fact]
    public async Task Server_too_old()
    {
        await using var old = await OldServerAsync();
        await using var context = new PlainContext(old.ConnectionString);
        var address = new NpgsqlConnectionStringBuilder(old.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.Equal(
            $"""
            The server at {address.Host}:{address.Port} is PostgreSQL {old.Version}; the oldest supported is 15. On older ones some of the statements mean something else or do not exist.

            State: nothing was changed.
            To do: upgrade the server to PostgreSQL 15 or later, or connect to another one.
            """,
            exception.Message
        );
        Assert.Equal("", await Catalogs.ReadAsync(old.ConnectionString));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Replica(bool async)
    {
        await using var primary = await Standby.StartPrimaryAsync();
        await using var standby = await Standby.StartAsync(primary);
        await using var context = new PlainContext(standby.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() => Run.MigrateAsync(context, async));

        Assert.Equal(
            $"""
            The server at 127.0.0.1:{standby.Port} is a read-only replica; migrations run on its primary.

            State: nothing was changed.
            To do: connect to the primary. With several hosts in the connection string, add target_session_attrs=primary (key-value form: Target Session Attributes=primary).
            """,
            exception.Message
        );

        // What the message says to do.
        var (first, second) = (
            new NpgsqlConnectionStringBuilder(standby.ConnectionString),
            new NpgsqlConnectionStringBuilder(primary.ConnectionString)
        );
        first.Host = $"{first.Host}:{first.Port},{second.Host}:{second.Port}";
        await using var both = new PlainContext(first.ConnectionString + ";Target Session Attributes=primary");
        await Run.MigrateAsync(both, async);
        Assert.Equal(1, await Catalogs.ScalarAsync<int>(primary.ConnectionString, "SELECT words FROM notes"));
    }

    // PostgreSQL 14 comes from npm only, and where there is no npm it is CI's to have it.
    private static async Task<ThrowAwayServer> OldServerAsync()
    {
        try
        {
            return await ThrowAwayServer.StartAsync(
                new ThrowAwayServerOptions { NpmRelease = "14.23.0-beta.17" },
                TestContext.Current.CancellationToken
            );
        }
        catch (UnavailableException e) when (Environment.GetEnvironmentVariable("CI") is null)
        {
            Assert.Skip($"No PostgreSQL 14 here: {e.Message}");
            throw;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Read_only_session(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(
            database.ConnectionString + ";Options=-c default_transaction_read_only=on"
        );

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() => Run.MigrateAsync(context, async));

        Assert.Equal("ReadOnly", exception.Id);
        Assert.EndsWith(
            $"""
            To do: somebody may have meant it (managed servers switch it on when the disk is nearly full). Otherwise connect as a role that may write, or take it back where it is set (SELECT source FROM pg_settings WHERE name = 'default_transaction_read_only';):
              ALTER ROLE "{new NpgsqlConnectionStringBuilder(
                database.ConnectionString
            ).Username}" RESET default_transaction_read_only;
              ALTER DATABASE "{database.Name}" RESET default_transaction_read_only;
            """,
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("transaction", false)]
    [InlineData("statement", false)]
    [InlineData("session", true)]
    public async Task Pooler_in_each_mode(string mode, bool passes)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var pooler = await PgBouncer.StartAsync(mode, database.ConnectionString);
        await using var context = new PlainContext(pooler.ConnectionString);

        if (passes)
        {
            await Run.MigrateAsync(context, async: false);
            Assert.Equal(1, await Catalogs.ScalarAsync<int>(database.ConnectionString, "SELECT words FROM notes"));
        }
        else
        {
            var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
                Run.MigrateAsync(context, async: false)
            );
            Assert.Equal(
                $"""
                127.0.0.1:{pooler.Port} is a connection pooler in transaction mode: two open connections were given the same server process. Locks and settings of a session do not hold there, so two runs could not keep out of each other's way.

                State: nothing was changed.
                To do: connect to the server itself, or to the pooler in session mode (Supabase: port 5432 instead of 6543; Neon: the host without -pooler; PgBouncer: pool_mode = session).
                """,
                exception.Message
            );
        }
    }
}
