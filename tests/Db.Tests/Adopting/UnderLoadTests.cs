using Db.Adopting;
using Db.Databases;
using LocalPostgres;
using Npgsql;
using Xunit;

namespace Db.Tests.Adopting;

/// <summary>
/// 64,000 rows come under the migrations while the application signs people in and out, reads, writes, and members look at what they
/// may see: nothing fails, nobody waits longer than the lock time-out, and no table is open or closed for a moment.
/// </summary>
public sealed class UnderLoadTests(PostgresServer postgres)
{
    private const string Member = "SET ROLE authenticated; SET app.user_id = 'user-7'";

    // Tables that the old policies keep to a row's owner, and so do ours.
    private const string Own = """
        SELECT
          (SELECT count(*) FROM users_metas WHERE "userId" = 'user-7'),
          (SELECT count(*) FROM users_metas WHERE "userId" <> 'user-7' AND NOT "isPublic"),
          (SELECT count(*) FROM api_key WHERE "userId" = 'user-7'),
          (SELECT count(*) FROM api_key WHERE "userId" <> 'user-7'),
          (SELECT count(*) FROM api_audit_log WHERE "userId" = 'user-7'),
          (SELECT count(*) FROM api_audit_log WHERE "userId" <> 'user-7')
        """;

    // Tables that the old policies show to everybody, and ours to a row's owner.
    private const string OnceOpen = """
        SELECT
          (SELECT count(*) FROM users WHERE id = 'user-7'),
          (SELECT count(*) FROM (SELECT FROM users WHERE id <> 'user-7' LIMIT 1) AS others),
          (SELECT count(*) FROM account WHERE "userId" = 'user-7'),
          (SELECT count(*) FROM (SELECT FROM account WHERE "userId" <> 'user-7' LIMIT 1) AS others),
          (SELECT count(*) FROM session WHERE "userId" = 'user-7'),
          (SELECT count(*) FROM (SELECT FROM session WHERE "userId" <> 'user-7' LIMIT 1) AS others)
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_notices()
    {
        await using var database = await OldShape.Large.MakeAsync(postgres);
        var connectionString = database.ConnectionString;
        var rows = await Contents.RowsAsync(connectionString);
        var open = new HashSet<int> { 1, 3, 5 };
        await using (var deletes = await RunningSession.StartAsync(connectionString, "SET ROLE NONE", WritesAsync))
        await using (
            var own = await RunningSession.StartAsync(
                connectionString,
                Member,
                async (connection, _) =>
                {
                    var seen = await RunningSession.ReadAsync(connection, Own);
                    Assert.Equal([2L, 0, 1, 0, 5, 0], seen);
                }
            )
        )
        await using (
            var once = await RunningSession.StartAsync(
                connectionString,
                Member,
                async (connection, _) =>
                {
                    var seen = await RunningSession.ReadAsync(connection, OnceOpen);
                    foreach (var table in new[] { 0, 2, 4 })
                    {
                        Assert.Equal(1, seen[table]);
                        // Once closed to others, it stays closed.
                        if (seen[table + 1] == 0)
                        {
                            open.Remove(table + 1);
                        }

                        Assert.Equal(open.Contains(table + 1) ? 1 : 0, seen[table + 1]);
                    }
                }
            )
        )
        await using (var anybody = await RunningSession.StartAsync(connectionString, "SET ROLE anon", AnybodyAsync))
        {
            var first = await SignInSession.StartAsync(connectionString);
            var second = await SignInSession.StartAsync(connectionString, "second");
            var before = first.Rounds;
            Assert.Equal([1, 3, 5], open.Order());

            var adopted = await Adoption.AdoptAsync(connectionString, Accepted.Nothing, Cancellation);
            Assert.Empty(adopted.Plan!.InTheWay);
            // Below the application's own limit by far: what is left is for a machine that is busy with other things.
            await OldShape.MigrateAsync(connectionString, "--lock-timeout", "500ms");
            await using (var connection = new NpgsqlConnection(connectionString))
            {
                await connection.OpenAsync(Cancellation);
                Assert.Empty((await LiveSchema.CompareAsync(connection, Cancellation)).Differences);
            }

            foreach (var session in new[] { deletes, own, once, anybody })
            {
                await session.NextRoundAsync();
            }

            await first.DisposeAsync();
            await second.DisposeAsync();
            Assert.True(first.Rounds > before + 1);
            Assert.Empty(open);
        }

        Assert.Equal(rows, await Contents.RowsAsync(connectionString));
    }

    // A value, a key that is used, and all of it away again.
    private static async Task WritesAsync(NpgsqlConnection connection, int round)
    {
        await using var command = new NpgsqlCommand(
            $"""
            INSERT INTO users_metas ("userId", "metaKey", "metaValue") VALUES ('user-1', 'written', '1');
            UPDATE users_metas SET "metaValue" = '2' WHERE "userId" = 'user-1' AND "metaKey" = 'written';
            INSERT INTO api_key (id, "keyHash", "keyPrefix", name, "userId") VALUES ('written', 'written-{round}', 'written', 'written', 'user-1');
            INSERT INTO api_audit_log ("apiKeyId", "userId", endpoint, method, "statusCode") VALUES ('written', 'user-1', '/', 'GET', 200);
            DELETE FROM api_key WHERE id = 'written';
            DELETE FROM users_metas WHERE "userId" = 'user-1' AND "metaKey" = 'written'
            """,
            connection
        );
        await command.ExecuteNonQueryAsync();
    }

    private static async Task AnybodyAsync(NpgsqlConnection connection, int round)
    {
        var seen = await RunningSession.ReadAsync(
            connection,
            "SELECT least(1, count(*) FILTER (WHERE \"isPublic\")), count(*) FILTER (WHERE NOT \"isPublic\") FROM users_metas"
        );
        Assert.Equal([1L, 0], seen);
        foreach (var table in new[] { "users", "account", "session", "verification", "api_key", "api_audit_log" })
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() =>
                RunningSession.ReadAsync(connection, $"SELECT count(*) FROM {table}")
            );
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }
}
