using Db.Adopting;
using Db.Databases;
using Npgsql;
using Xunit;

namespace Db.Tests.Adopting;

/// <summary>What cannot be adopted as it is: named, counted, and mended by the SQL that is given.</summary>
public sealed class InTheWayTests(PostgresServer postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // What was done to a database; what of it is named; how many rows. Those of one case do not get into each other's way.
    private static readonly Dictionary<string, (string Change, string Name, int Rows)[]> _problems = new()
    {
        ["columns, constraints and indexes"] =
        [
            ("ALTER TABLE users ALTER image TYPE varchar(200)", "table public.users, column image", 0),
            (
                "ALTER TABLE account ALTER \"createdAt\" TYPE timestamp USING \"createdAt\" AT TIME ZONE 'UTC'",
                "table public.account, column \"createdAt\"",
                100
            ),
            ("ALTER TABLE users DROP COLUMN timezone", "table public.users, column timezone", 100),
            (
                """
                ALTER TABLE users ALTER "updatedAt" DROP NOT NULL;
                ALTER TABLE users DISABLE TRIGGER USER;
                UPDATE users SET "updatedAt" = NULL WHERE id IN ('user-11', 'user-12');
                ALTER TABLE users ENABLE TRIGGER USER
                """,
                "table public.users, column \"updatedAt\"",
                2
            ),
            (
                """
                ALTER TABLE api_audit_log ALTER "apiKeyId" DROP NOT NULL;
                INSERT INTO api_audit_log ("userId", endpoint, method, "statusCode") VALUES ('user-1', '/', 'GET', 200)
                """,
                "table public.api_audit_log, column \"apiKeyId\"",
                1
            ),
            (
                """
                ALTER TABLE users DROP CONSTRAINT users_email_key;
                UPDATE users SET email = 'same@example.test' WHERE id IN ('user-1', 'user-2', 'user-3')
                """,
                "table public.users, constraint users_email_key",
                2
            ),
            (
                """
                ALTER TABLE users_metas DROP CONSTRAINT users_metas_unique_key;
                INSERT INTO users_metas ("userId", "metaKey") VALUES ('user-1', 'theme')
                """,
                "table public.users_metas, constraint users_metas_unique_key",
                1
            ),
            (
                """
                ALTER TABLE session DROP CONSTRAINT "session_userId_fkey";
                INSERT INTO session (id, "expiresAt", token, "userId") VALUES ('x', now(), 'x', 'nobody')
                """,
                "table public.session, constraint \"session_userId_fkey\"",
                1
            ),
            (
                """
                ALTER TABLE account DROP CONSTRAINT "account_userId_fkey",
                  ADD CONSTRAINT "account_userId_fkey" FOREIGN KEY ("userId") REFERENCES users (id)
                """,
                "table public.account, constraint \"account_userId_fkey\"",
                0
            ),
            (
                """
                ALTER TABLE users DROP CONSTRAINT check_users_role,
                  ADD CONSTRAINT check_users_role CHECK (role IN ('member', 'superadmin', 'developer', 'suspended'));
                UPDATE users SET role = 'suspended' WHERE id = 'user-5'
                """,
                "table public.users, constraint check_users_role",
                1
            ),
            (
                "CREATE INDEX \"idx_verification_expiresAt\" ON verification (value)",
                "table public.verification, index \"idx_verification_expiresAt\"",
                0
            ),
        ],
        ["sample accounts and keys"] =
        [
            (
                "UPDATE account SET password = 'copied:hash' WHERE id IN ('account-1', 'account-2')",
                "table public.account, copied passwords",
                2
            ),
            (
                """
                UPDATE account SET password = '3db9e98e2b4d3caca97fdf2783791cbc:'
                  || '34b293de615caf277a237773208858e960ea8aa10f1f5c5c309b632f192cac34d52ceafbd338385616f4929e4b1b6c055b67429c6722ffdb80b01d9bf4764866'
                WHERE id = 'account-3'
                """,
                "table public.account, sample passwords",
                1
            ),
            (
                "UPDATE api_key SET \"keyHash\" = encode(sha256(''), 'hex') WHERE id = 'key-3'",
                "table public.api_key, sample keys",
                1
            ),
            (
                "UPDATE session SET token = 'tmt_superadmin_session_token_001' WHERE id = 'session-3'",
                "table public.session, sample tokens",
                1
            ),
            (
                "ALTER TABLE session DISABLE TRIGGER ALL",
                "table public.session, enforcement of \"session_userId_fkey\"",
                0
            ),
        ],
        ["a table and what else is not whole"] =
        [
            ("DROP TABLE verification", "table public.verification", 0),
            (
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_api_audit_ip'::regclass",
                "table public.api_audit_log, index idx_api_audit_ip",
                0
            ),
            ("ALTER TABLE users_metas SET UNLOGGED", "table public.users_metas, persistence", 0),
            (
                """
                ALTER TABLE session DROP CONSTRAINT "session_userId_fkey",
                  ADD CONSTRAINT "session_userId_fkey" FOREIGN KEY ("userId") REFERENCES users (id) ON DELETE CASCADE NOT VALID
                """,
                "table public.session, constraint \"session_userId_fkey\"",
                0
            ),
            (
                """
                DROP FUNCTION sync_user_name() CASCADE;
                CREATE FUNCTION sync_user_name() RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$
                """,
                "function public.sync_user_name(), returns",
                0
            ),
        ],
    };

    public static TheoryData<string> Cases => [.. _problems.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Is_named_with_its_rows_and_mended_by_its_sql(string problems)
    {
        await using var database = await OldShape.Small.MakeAsync(postgres);
        foreach (var (change, _, _) in _problems[problems])
        {
            await PostgresServer.ExecuteAsync(database, change);
        }

        var catalogs = await Contents.CatalogsAsync(database.ConnectionString);

        var refused = await Adoption.AdoptAsync(database.ConnectionString, false, Cancellation);

        Assert.Equal(
            _problems[problems].Select(p => $"{p.Name}: {p.Rows}").Order(StringComparer.Ordinal),
            refused.Plan!.InTheWay.Select(f => $"{f.Name}: {f.Rows ?? 0}").Order(StringComparer.Ordinal)
        );
        Assert.Equal(catalogs, await Contents.CatalogsAsync(database.ConnectionString));

        foreach (var mend in refused.Plan.InTheWay)
        {
            await RunAsync(database.ConnectionString, mend.Sql!);
        }

        var adopted = await Adoption.AdoptAsync(database.ConnectionString, false, Cancellation);
        Assert.Empty(adopted.Plan!.InTheWay);
        await OldShape.MigrateAsync(database.ConnectionString);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Cancellation);
        Assert.Empty((await LiveSchema.CompareAsync(connection, Cancellation)).Differences);
    }

    [Fact]
    public async Task Sample_accounts_may_stay_where_that_is_said()
    {
        await using var database = await OldShape.Small.MakeAsync(postgres);
        await PostgresServer.ExecuteAsync(
            database,
            "UPDATE account SET password = 'copied:hash' WHERE id IN ('account-1', 'account-2')"
        );

        var adopted = await Adoption.AdoptAsync(database.ConnectionString, acceptsSampleData: true, Cancellation);

        Assert.Empty(adopted.Plan!.InTheWay);
        Assert.Contains(adopted.Plan.Findings, f => f is { Verdict: Verdict.Stays, Property: "copied passwords" });
    }

    // As psql does it: one statement at a time, because some refuse to share a transaction.
    private static async Task RunAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(Cancellation);
        foreach (var statement in sql.Split(";\n"))
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(Cancellation);
        }
    }
}
