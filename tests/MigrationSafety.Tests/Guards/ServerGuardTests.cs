using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MigrationSafety.Execution;
using MigrationSafety.Failures;
using MigrationSafety.Guards;
using MigrationSafety.TestMigrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Guards;

public class ServerGuardTests(PostgresServer postgres)
{
    private static readonly ServerFacts Server = new(150_000, "15.0", false, false, 1, "owner", "app", "public");

    private static readonly DatabaseDescription Database = new("db.example", 5432, "app", "owner", 15);

    // A server this old, or a replica, is not at hand in every run: what is read from it is made up, the guard is real.
    private static async Task<string?> MessageAsync(IServerGuard guard, ServerFacts server) =>
        (
            await guard.CheckAsync(new ServerGuardContext(null!, server, Database, new MigrationSafetyOptions()))
        )?.ToString();

    [Fact]
    public async Task Server_too_old()
    {
        Assert.Equal(
            """
            The server at db.example:5432 is PostgreSQL 14.12; the oldest supported is 15. On older ones some of the statements mean something else or do not exist.

            State: nothing was changed.
            To do: upgrade the server to PostgreSQL 15 or later, or connect to another one.
            """,
            await MessageAsync(new ServerTooOldGuard(), Server with { VersionNumber = 140_012, Version = "14.12" })
        );
        Assert.Null(await MessageAsync(new ServerTooOldGuard(), Server));
    }

    [Fact]
    public async Task Replica()
    {
        Assert.Equal(
            """
            The server at db.example:5432 is a read-only replica; migrations run on its primary.

            State: nothing was changed.
            To do: connect to the primary. With several hosts in the connection string, add target_session_attrs=primary (key-value form: Target Session Attributes=primary).
            """,
            await MessageAsync(new ReplicaGuard(), Server with { IsReplica = true })
        );
        Assert.Null(await MessageAsync(new ReplicaGuard(), Server));
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
