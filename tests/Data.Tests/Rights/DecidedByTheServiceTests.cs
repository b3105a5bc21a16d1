using Data.Access;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Data.Tests.Rights;

/// <summary>What a row's owner must not decide about themselves, and what they need not see.</summary>
public sealed class DecidedByTheServiceTests(MigratedServer server)
{
    public static TheoryData<string, string> ProtectedColumns() =>
        new()
        {
            { "users", "id = 'root2'" },
            { "users", "email = 'someone@example.test'" },
            { "users", "\"emailVerified\" = true" },
            { "users", "role = 'superadmin'" },
            { "users", "\"createdAt\" = now()" },
            { "users", "\"updatedAt\" = now()" },
            { "session", "\"expiresAt\" = now() + interval '10 years'" },
            { "session", "\"userId\" = 'root'" },
            { "session", "token = 'mine'" },
            { "account", "\"userId\" = 'root'" },
            { "account", "password = 'mine'" },
            { "users_metas", "id = 'mine'" },
            { "users_metas", "\"userId\" = 'root'" },
            { "users_metas", "\"createdAt\" = now()" },
            { "api_key", "id = 'mine'" },
            { "api_key", "\"userId\" = 'root'" },
            { "api_key", "\"keyHash\" = 'mine'" },
            { "api_key", "\"keyPrefix\" = 'mine'" },
            { "api_key", "scopes = '{admin}'" },
            { "api_key", "\"failedAttempts\" = 0" },
            { "api_key", "\"lockedUntil\" = NULL" },
            { "api_key", "\"expiresAt\" = NULL" },
            { "api_key", "\"lastUsedAt\" = NULL" },
            { "api_audit_log", "\"statusCode\" = 200" },
        };

    [Theory]
    [MemberData(nameof(ProtectedColumns))]
    public async Task A_signed_in_user_cannot_change(string table, string assignment)
    {
        await using var database = await server.CreatePeopledAsync();
        foreach (var userId in new[] { People.Anna, People.Root })
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(() =>
                RunAsync(database.ConnectionString, Persona.User(userId), $"UPDATE {table} SET {assignment}")
            );
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
        }

        // The service may, except in the log: so the statement itself is sound.
        if (table != "api_audit_log" && !assignment.StartsWith("id =", StringComparison.Ordinal))
        {
            await RunAsync(
                database.ConnectionString,
                Persona.Service,
                $"UPDATE {table} SET {assignment} WHERE {(table == "users" ? "id" : "\"userId\"")} = 'nobody'"
            );
        }
    }

    [Theory]
    [InlineData("SELECT token FROM session")]
    [InlineData("SELECT * FROM session")]
    [InlineData("SELECT password FROM account")]
    [InlineData("SELECT \"accessToken\" FROM account")]
    [InlineData("SELECT \"refreshToken\" FROM account")]
    [InlineData("SELECT \"idToken\" FROM account")]
    [InlineData("SELECT \"keyHash\" FROM api_key")]
    [InlineData("SELECT 1 FROM api_key WHERE \"keyHash\" LIKE 'h%'")]
    [InlineData("UPDATE api_key SET name = 'x' RETURNING \"keyHash\"")]
    [InlineData("SELECT value FROM verification")]
    [InlineData("SELECT * FROM app_private.caller")]
    [InlineData("SELECT app_private.delete_audit_log_before(now())")]
    [InlineData("SELECT * FROM migrations.\"__EFMigrationsHistory\"")]
    public async Task A_signed_in_user_cannot_read(string sql)
    {
        await using var database = await server.CreatePeopledAsync();
        foreach (var userId in new[] { People.Anna, People.Root })
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(() =>
                RunAsync(database.ConnectionString, Persona.User(userId), sql)
            );
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
        }
    }

    [Fact]
    public async Task A_key_that_the_service_let_expire_is_not_revived_by_its_owner()
    {
        await using var database = await server.CreatePeopledAsync();
        await RunAsync(
            database.ConnectionString,
            Persona.Service,
            "UPDATE api_key SET status = 'expired'",
            commit: true
        );

        foreach (var userId in new[] { People.Anna, People.Root })
        {
            Assert.Equal(
                0,
                await RunAsync(
                    database.ConnectionString,
                    Persona.User(userId),
                    "UPDATE api_key SET status = 'active' WHERE status = 'expired'"
                )
            );
        }

        // Their own switch is theirs.
        await RunAsync(
            database.ConnectionString,
            Persona.Service,
            "UPDATE api_key SET status = 'active'",
            commit: true
        );
        Assert.Equal(
            1,
            await RunAsync(
                database.ConnectionString,
                Persona.User(People.Anna),
                "UPDATE api_key SET status = 'inactive'"
            )
        );
        await Assert.ThrowsAsync<PostgresException>(() =>
            RunAsync(database.ConnectionString, Persona.User(People.Anna), "UPDATE api_key SET status = 'expired'")
        );
    }

    [Fact]
    public async Task A_member_cannot_give_a_row_away_or_make_one_for_another()
    {
        await using var database = await server.CreatePeopledAsync();
        var refusal = await Assert.ThrowsAsync<PostgresException>(() =>
            RunAsync(
                database.ConnectionString,
                Persona.User(People.Anna),
                """INSERT INTO users_metas ("userId", "metaKey") VALUES ('ben', 'planted')"""
            )
        );
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
        Assert.Contains("row-level security", refusal.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_that_is_a_member_of_authenticated_is_limited_without_SET_ROLE_too()
    {
        await using var database = await server.CreatePeopledAsync();
        var login = $"app_{Guid.NewGuid():N}";
        await using (var owner = await MigratedServer.OpenAsync(database.ConnectionString))
        {
            await ExecuteAsync(
                owner,
                $"CREATE ROLE {login} LOGIN PASSWORD 'test' IN ROLE authenticated; GRANT CONNECT ON DATABASE \"{database.Name}\" TO {login}"
            );
        }

        var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            Username = login,
            Password = "test",
            Pooling = false,
        };
        await using var application = await MigratedServer.OpenAsync(connection.ConnectionString);
        await ExecuteAsync(application, "BEGIN; SET LOCAL app.user_id = 'anna'");
        await using var count = new NpgsqlCommand("SELECT count(*), min(id) FROM users", application);
        await using var reader = await count.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        Assert.True(await reader.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal((1L, "anna"), (reader.GetInt64(0), reader.GetString(1)));
    }

    private static async Task<int> RunAsync(string connectionString, Persona persona, string sql, bool commit = false)
    {
        await using var context = MigratedServer.Connect(connectionString);
        await using var transaction = await context.BeginAsAsync(persona, TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, (NpgsqlConnection)context.Database.GetDbConnection());
        var rows = await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        if (commit)
        {
            await transaction.CommitAsync(TestContext.Current.CancellationToken);
        }

        return rows;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
