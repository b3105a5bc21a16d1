using Db.Adopting;
using Db.Databases;
using LocalPostgres;
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
            ("ALTER TYPE api_key_status ADD VALUE 'revoked'", "enum public.api_key_status, labels", 1),
            (
                """
                UPDATE api_key SET status = 'revoked' WHERE id = 'key-3';
                CREATE INDEX "idx_verification_expiresAt" ON verification (value)
                """,
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

        var refused = await Adoption.AdoptAsync(database.ConnectionString, Accepted.Nothing, Cancellation);

        Assert.Equal(
            _problems[problems].Select(p => $"{p.Name}: {p.Rows}").Order(StringComparer.Ordinal),
            refused.Plan!.InTheWay.Select(f => $"{f.Name}: {f.Rows ?? 0}").Order(StringComparer.Ordinal)
        );
        Assert.Equal(catalogs, await Contents.CatalogsAsync(database.ConnectionString));

        await MendAndAdoptAsync(database, refused.Plan);
    }

    [Fact]
    public async Task A_key_comes_before_what_points_at_it()
    {
        await using var database = await OldShape.Small.MakeAsync(postgres);
        await PostgresServer.ExecuteAsync(
            database,
            """
            ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE;
            ALTER TABLE api_key ALTER status DROP DEFAULT, ALTER status TYPE text;
            DROP TYPE api_key_status;
            ALTER TABLE users DROP CONSTRAINT users_email_key;
            CREATE UNIQUE INDEX users_email_key ON users (email);
            UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_email_key'::regclass
            """
        );

        await MendAndAdoptAsync(database, expected: 10);
    }

    [Fact]
    public async Task A_column_that_policies_triggers_and_views_name_gets_its_type()
    {
        await using var database = await OldShape.Small.MakeAsync(postgres);
        // The files' own objects go first, as on the day when somebody made the columns otherwise.
        await PostgresServer.ExecuteAsync(
            database,
            """
            DROP TRIGGER trigger_sync_user_name ON users;
            DROP POLICY users_metas_owner_or_admin_all ON users_metas;
            DROP POLICY "API key owner or admin can do all" ON api_key;
            DROP POLICY "API logs superadmin can select" ON api_audit_log;
            DROP POLICY "API logs owner can select" ON api_audit_log;
            ALTER TABLE users ALTER id TYPE varchar(64), ALTER email TYPE varchar(255), ALTER "firstName" TYPE varchar(100);
            CREATE TRIGGER trigger_sync_user_name BEFORE INSERT OR UPDATE OF "firstName", "lastName" ON users
              FOR EACH ROW EXECUTE FUNCTION sync_user_name();
            CREATE POLICY "Sees own" ON users AS RESTRICTIVE FOR SELECT TO anon, authenticated USING (id = get_auth_user_id());
            COMMENT ON POLICY "Sees own" ON users IS 'Nobody else';
            CREATE POLICY "Adds own" ON users FOR INSERT TO PUBLIC WITH CHECK (email LIKE '%@%' AND id <> '');
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO authenticated;
            CREATE VIEW "User list" AS SELECT id, email, "firstName" FROM users;
            CREATE VIEW names WITH (security_invoker = true) AS SELECT email FROM "User list";
            GRANT SELECT ON "User list" TO anon;
            GRANT UPDATE (email) ON "User list" TO service_role WITH GRANT OPTION;
            REVOKE ALL ON names FROM authenticated;
            COMMENT ON VIEW names IS 'Of everybody';
            COMMENT ON COLUMN names.email IS 'Theirs';
            CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE TRIGGER nothing INSTEAD OF DELETE ON names FOR EACH ROW EXECUTE FUNCTION nothing();
            """
        );
        const string around = """
            SELECT string_agg(what, E'\n' ORDER BY what) FROM (
              SELECT concat_ws(' ', polname, polpermissive, polcmd, polroles::regrole[], obj_description(oid, 'pg_policy')) FROM pg_policy WHERE polrelid = 'users'::regclass AND polname LIKE '%own'
              UNION ALL SELECT concat_ws(' ', relname, reloptions, obj_description(oid, 'pg_class'), col_description(oid, 1)) FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
              UNION ALL SELECT concat_ws(' ', relname, item) FROM pg_class, unnest(relacl) AS item WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
              UNION ALL SELECT concat_ws(' ', attname, attacl) FROM pg_attribute WHERE attrelid = '"User list"'::regclass AND attacl IS NOT NULL
              UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'names'::regclass
            ) AS around (what)
            """;
        var before = await ScalarAsync(database.ConnectionString, around);

        await MendAndAdoptAsync(database, expected: 3);

        Assert.Equal(before, await ScalarAsync(database.ConnectionString, around));
    }

    [Fact]
    public async Task A_view_before_a_renamed_table_is_all_that_is_said()
    {
        await using var database = await OldShape.Small.MakeAsync(postgres);
        await PostgresServer.ExecuteAsync(
            database,
            "ALTER TABLE users RENAME TO people; CREATE VIEW users AS SELECT * FROM people"
        );

        var refused = await Adoption.AdoptAsync(database.ConnectionString, Accepted.Nothing, Cancellation);

        var clash = Assert.Single(refused.Plan!.InTheWay);
        Assert.Equal("view public.users", clash.Name);
        await RunAsync(database.ConnectionString, $"{clash.Sql}\nALTER TABLE people RENAME TO users;");
        var adopted = await Adoption.AdoptAsync(database.ConnectionString, Accepted.Nothing, Cancellation);
        Assert.Empty(adopted.Plan!.InTheWay);
    }

    [Fact]
    public async Task A_type_of_a_tables_name_is_renamed()
    {
        await using var database = await OldShape
            .Adoptable.Single(shape => shape.Name == "stopped at 001")
            .MakeAsync(postgres);
        await PostgresServer.ExecuteAsync(database, "CREATE TYPE verification AS ENUM ('sent', 'used')");

        await MendAndAdoptAsync(database, expected: 1);
    }

    [Fact]
    public async Task Rows_of_later_versions_may_stay_where_that_is_said()
    {
        await using var database = await OldShape
            .Adoptable.Single(shape => shape.Name == "of the newest version")
            .MakeAsync(postgres);
        await PostgresServer.ExecuteAsync(
            database,
            """
            UPDATE users SET role = 'suspended' WHERE id = 'user-5';
            INSERT INTO api_audit_log ("userId", endpoint, method, "statusCode") VALUES ('user-1', '/', 'GET', 200)
            """
        );

        var refused = await Adoption.AdoptAsync(database.ConnectionString, Accepted.Nothing, Cancellation);
        Assert.Equal([1, 1], refused.Plan!.InTheWay.Select(f => f.Rows));
        Assert.All(
            refused.Plan.InTheWay,
            f => Assert.Contains(" adopt --allow-later-rows", f.Sql, StringComparison.Ordinal)
        );
        var adopted = await Adoption.AdoptAsync(database.ConnectionString, Accepted.LaterRows, Cancellation);
        Assert.Empty(adopted.Plan!.InTheWay);
        await OldShape.MigrateAsync(database.ConnectionString);

        // As the application's release of that version goes on to do it.
        await RunAsync(
            database.ConnectionString,
            """
            UPDATE users SET role = 'suspended' WHERE id = 'user-6';
            SET app.user_id = 'user-1';
            SET ROLE old_runtime;
            INSERT INTO api_audit_log ("userId", endpoint, method, "statusCode") VALUES ('user-1', '/', 'GET', 200)
            """
        );
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

        var adopted = await Adoption.AdoptAsync(database.ConnectionString, Accepted.SampleData, Cancellation);

        Assert.Empty(adopted.Plan!.InTheWay);
        Assert.Contains(adopted.Plan.Findings, f => f is { Verdict: Verdict.Stays, Property: "copied passwords" });
    }

    private static async Task MendAndAdoptAsync(TestDatabase database, int expected)
    {
        var refused = await Adoption.AdoptAsync(database.ConnectionString, Accepted.Nothing, Cancellation);
        Assert.Equal(expected, refused.Plan!.InTheWay.Count);
        await MendAndAdoptAsync(database, refused.Plan);
    }

    // As whoever reads the plan does: its SQL from top to bottom, then again.
    private static async Task MendAndAdoptAsync(TestDatabase database, AdoptionPlan refused)
    {
        foreach (var mend in refused.InTheWay)
        {
            await RunAsync(database.ConnectionString, mend.Sql!);
        }

        var adopted = await Adoption.AdoptAsync(database.ConnectionString, Accepted.Nothing, Cancellation);
        Assert.Empty(adopted.Plan!.InTheWay);
        await OldShape.MigrateAsync(database.ConnectionString);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Cancellation);
        Assert.Empty((await LiveSchema.CompareAsync(connection, Cancellation)).Differences);
    }

    private static async Task<string?> ScalarAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return (string?)await command.ExecuteScalarAsync(Cancellation);
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
