using Data.Access;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Data.Tests.Rights;

public sealed class IndexUseTests(MigratedServer server)
{
    private const string Fill = """
        INSERT INTO users (id, email, role)
        SELECT 'user-' || i, i || '@example.test', CASE WHEN i = 1 THEN 'superadmin' ELSE 'member' END
        FROM generate_series(1, 2000) AS i;
        INSERT INTO session (id, "expiresAt", token, "userId") SELECT i, now(), i, 'user-' || i FROM generate_series(1, 2000) AS i;
        INSERT INTO account (id, "accountId", "providerId", "userId") SELECT i, i, 'x', 'user-' || i FROM generate_series(1, 2000) AS i;
        INSERT INTO users_metas ("userId", "metaKey", "isPublic")
        SELECT 'user-' || i, k, i % 100 = 0 FROM generate_series(1, 2000) AS i, generate_series(1, 5) AS k;
        INSERT INTO api_key (id, "keyHash", "keyPrefix", name, "userId") SELECT i, i, i, 'x', 'user-' || i FROM generate_series(1, 2000) AS i;
        INSERT INTO api_audit_log ("apiKeyId", "userId", endpoint, method, "statusCode")
        SELECT i, 'user-' || i, '/', 'GET', 200 FROM generate_series(1, 2000) AS i, generate_series(1, 5) AS k;
        ANALYZE;
        """;

    [Theory]
    [InlineData("SELECT * FROM users")]
    [InlineData("""SELECT "userId" FROM session""")]
    [InlineData("""SELECT "userId" FROM account""")]
    [InlineData("SELECT * FROM users_metas")]
    [InlineData("SELECT id FROM api_key")]
    [InlineData("SELECT * FROM api_audit_log")]
    [InlineData("""UPDATE users_metas SET "metaValue" = '{}' """)]
    [InlineData("DELETE FROM api_key")]
    public async Task A_member_reaches_their_own_rows_by_an_index(string sql)
    {
        await using var database = await server.CreateMigratedAsync();
        await using var context = MigratedServer.Connect(database.ConnectionString);
        await context.Database.ExecuteSqlRawAsync(Fill, Cancellation);

        await using var transaction = await context.BeginAsAsync(Persona.User("user-7"), Cancellation);
        var plan = await ExplainAsync(context, sql);

        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.Contains("Index Cond", plan, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT id FROM session ORDER BY id LIMIT 1", "session_pkey")]
    [InlineData("SELECT id FROM api_key ORDER BY id LIMIT 1", "api_key_pkey")]
    [InlineData("""SELECT * FROM api_audit_log ORDER BY "createdAt" DESC LIMIT 1""", "\"idx_api_audit_log_createdAt\"")]
    public async Task A_members_first_rows_are_not_looked_for_among_everybodys(string sql, string everybodys)
    {
        await using var database = await server.CreateMigratedAsync();
        await using var context = MigratedServer.Connect(database.ConnectionString);
        await context.Database.ExecuteSqlRawAsync(Fill, Cancellation);

        await using var transaction = await context.BeginAsAsync(Persona.User("user-7"), Cancellation);
        var plan = await ExplainAsync(context, sql);

        Assert.DoesNotContain(everybodys, plan, StringComparison.Ordinal);
        Assert.Contains("Index Cond", plan, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("users", 2000)]
    [InlineData("session", 2000)]
    [InlineData("account", 2000)]
    [InlineData("users_metas", 10000)]
    [InlineData("api_key", 2000)]
    [InlineData("api_audit_log", 10000)]
    public async Task A_superadmin_still_sees_every_row(string table, long rows)
    {
        await using var database = await server.CreateMigratedAsync();
        await using var context = MigratedServer.Connect(database.ConnectionString);
        await context.Database.ExecuteSqlRawAsync(Fill, Cancellation);

        await using var transaction = await context.BeginAsAsync(Persona.User("user-1"), Cancellation);
        await using var count = new NpgsqlCommand(
            $"SELECT count(*) FROM {table}",
            (NpgsqlConnection)context.Database.GetDbConnection()
        );

        Assert.Equal(rows, await count.ExecuteScalarAsync(Cancellation));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<string> ExplainAsync(AppDbContext context, string sql)
    {
        await using var explain = new NpgsqlCommand(
            $"EXPLAIN (COSTS OFF) {sql}",
            (NpgsqlConnection)context.Database.GetDbConnection()
        );
        await using var reader = await explain.ExecuteReaderAsync(Cancellation);
        var lines = new List<string>();
        while (await reader.ReadAsync(Cancellation))
        {
            lines.Add(reader.GetString(0));
        }

        return string.Join('\n', lines);
    }
}
