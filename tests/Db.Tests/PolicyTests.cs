using System.Text.Json;
using Data.Access;
using Db.Policies;
using LocalPostgres;
using Npgsql;
using Xunit;

namespace Db.Tests;

public class PolicyTests(PostgresServer postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Everything that a probe could leave: rows, and what the catalogs hold.
    private const string Everything = """
        SELECT md5(concat_ws(' ',
            (SELECT string_agg(t::text, ',' ORDER BY t::text) FROM users t), (SELECT string_agg(t::text, ',' ORDER BY t::text) FROM session t),
            (SELECT string_agg(t::text, ',' ORDER BY t::text) FROM account t), (SELECT string_agg(t::text, ',' ORDER BY t::text) FROM verification t),
            (SELECT string_agg(t::text, ',' ORDER BY t::text) FROM users_metas t), (SELECT string_agg(t::text, ',' ORDER BY t::text) FROM api_key t),
            (SELECT string_agg(t::text, ',' ORDER BY t::text) FROM api_audit_log t)))
        || ' ' || md5(concat_ws(' ',
            (SELECT string_agg(concat_ws(':', oid, relname, relacl::text, relfilenode, relrowsecurity), ',' ORDER BY oid) FROM pg_class),
            (SELECT string_agg(t::text, ',' ORDER BY oid) FROM pg_policy t), (SELECT string_agg(concat_ws(':', oid, proname, prosrc), ',' ORDER BY oid) FROM pg_proc),
            (SELECT string_agg(t::text, ',' ORDER BY oid) FROM pg_namespace t), (SELECT string_agg(t::text, ',' ORDER BY oid) FROM pg_type t),
            (SELECT string_agg(t::text, ',' ORDER BY oid) FROM pg_trigger t), (SELECT string_agg(t::text, ',' ORDER BY oid) FROM pg_roles t)))
        """;

    [Fact]
    public async Task Every_cell_is_as_written_down_and_nothing_stays_behind()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(
            database,
            """
            INSERT INTO users (id, email) VALUES ('anna', 'anna@example.test');
            INSERT INTO users_metas ("userId", "metaKey", "isPublic") VALUES ('anna', 'theme', true);
            """
        );
        var before = await ScalarAsync(database, Everything);

        var result = await new Tool().With("DATABASE_URL", database.ConnectionUri).RunAsync("policies", "--json");

        Assert.Equal(0, result.ExitCode);
        var json = JsonDocument.Parse(result.StandardOutput).RootElement;
        Assert.True(json.GetProperty("asExpected").GetBoolean());
        Assert.Equal(
            AccessTable.Personas.Count * AccessTable.Tables.Count * AccessTable.Commands.Count,
            json.GetProperty("tried").GetInt32()
        );
        Assert.Equal(before, await ScalarAsync(database, Everything));
    }

    [Theory]
    [InlineData(
        "ALTER POLICY users_select_authenticated ON users USING (true)",
        "member on users, select: expected own; found all"
    )]
    // Blindly: a member cannot name the rows of others, because they cannot read them.
    [InlineData(
        "ALTER POLICY users_update_authenticated ON users USING (true) WITH CHECK (true)",
        "another member on users, update: expected own; found rows of others"
    )]
    [InlineData(
        "ALTER POLICY users_delete_authenticated ON users USING (true)",
        "member on users, delete: expected –; found own"
    )]
    [InlineData(
        "CREATE POLICY open ON users_metas FOR DELETE TO authenticated USING (true)",
        "member on users_metas, delete: expected own; found own, public"
    )]
    [InlineData(
        "CREATE POLICY open ON session FOR SELECT TO authenticated USING (true)",
        "member on session, select: expected own; found all"
    )]
    [InlineData(
        "ALTER POLICY users_metas_insert_authenticated ON users_metas WITH CHECK (true)",
        "member on users_metas, insert: expected own; found all"
    )]
    [InlineData(
        "ALTER POLICY users_metas_select_anon ON users_metas USING (true)",
        "anonymous on users_metas, select: expected public; found all"
    )]
    [InlineData("ALTER TABLE account DISABLE ROW LEVEL SECURITY", "member on account, select: expected own; found all")]
    [InlineData(
        "ALTER TABLE verification DISABLE ROW LEVEL SECURITY",
        "everybody on verification, row level security: expected enabled; found disabled"
    )]
    [InlineData(
        "GRANT SELECT ON verification TO anon",
        "anonymous on verification, SELECT: expected not granted; found granted: id, identifier, value, expiresAt, createdAt, updatedAt"
    )]
    [InlineData(
        "GRANT TRUNCATE ON users TO authenticated",
        "member on users, TRUNCATE: expected not granted; found granted"
    )]
    [InlineData(
        "GRANT UPDATE (role) ON users TO authenticated",
        "member on users, UPDATE: expected granted: name, firstName, lastName, image, country, timezone, language; found granted: name, firstName, lastName, image, country, timezone, language, role"
    )]
    [InlineData(
        "GRANT SELECT (token) ON session TO PUBLIC",
        "anonymous on session, SELECT: expected not granted; found granted: token"
    )]
    [InlineData(
        "DROP POLICY users_metas_insert_authenticated ON users_metas",
        "member on users_metas, insert: expected own; found –"
    )]
    [InlineData("DROP POLICY api_key_all_service_role ON api_key", "service on api_key, delete: expected all; found –")]
    [InlineData(
        "ALTER POLICY api_audit_log_select_authenticated ON api_audit_log USING (\"userId\" = get_auth_user_id())",
        "superadmin on api_audit_log, select: expected all; found own"
    )]
    [InlineData(
        "CREATE VIEW everybody AS SELECT * FROM users; GRANT SELECT ON everybody TO authenticated",
        "member on everybody, any: expected not in the persona table; found granted"
    )]
    [InlineData("DROP TABLE verification", "everybody on verification, any: expected a table; found none")]
    public async Task What_was_opened_or_closed_by_hand_is_found(string byHand, string finding)
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, byHand);

        var report = await ProveAsync(database);

        Assert.Contains(
            finding,
            report.Wrong.Select(c => $"{c.Persona} on {c.Table}, {c.Command}: expected {c.Expected}; found {c.Found}")
        );
        Assert.Empty(report.NotTried);
    }

    [Fact]
    public async Task Wrong_cells_are_exit_code_1_with_a_line_each()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "GRANT TRUNCATE ON users TO authenticated");

        var result = await new Tool().With("DATABASE_URL", database.ConnectionUri).RunAsync("policies");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith(
            "wrong: member on users, TRUNCATE: expected not granted; found granted. "
                + "Take it back: REVOKE TRUNCATE ON public.\"users\" FROM authenticated;\n1 wrong at ",
            result.StandardOutput,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_table_that_is_locked_is_not_waited_for()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await using var other = new NpgsqlConnection(database.ConnectionString);
        await other.OpenAsync(Cancellation);
        await using var transaction = await other.BeginTransactionAsync(Cancellation);
        await using (var locks = new NpgsqlCommand("LOCK TABLE api_audit_log IN SHARE MODE", other))
        {
            await locks.ExecuteNonQueryAsync(Cancellation);
        }

        var result = await new Tool().With("DATABASE_URL", database.ConnectionUri).RunAsync("policies");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(
            $"not tried: api_audit_log, nothing: public.\"api_audit_log\" is locked by session {other.ProcessID} (",
            result.StandardOutput,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("not tried: session", result.StandardOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong:", result.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plain_owner_can_prove_it_and_a_stranger_is_told_what_is_missing()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        var owner = $"owner_{database.Name}";
        await PostgresServer.ExecuteAsync(
            database,
            $"""
            CREATE ROLE {owner} LOGIN PASSWORD 'p';
            DO $$ DECLARE t text; BEGIN
              FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
                EXECUTE format('ALTER TABLE public.%I OWNER TO {owner}', t);
              END LOOP;
            END $$;
            GRANT USAGE ON SCHEMA public TO {owner};
            ALTER VIEW app_private.caller OWNER TO {owner};
            GRANT USAGE ON SCHEMA app_private TO {owner};
            """
        );
        var asOwner = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = owner, Password = "p" };

        var stranger = await new Tool().RunAsync("policies", "--connection", asOwner.ConnectionString);
        await PostgresServer.ExecuteAsync(database, $"GRANT anon, authenticated, service_role TO {owner}");
        var member = await new Tool().RunAsync("policies", "--connection", asOwner.ConnectionString);

        Assert.Equal(2, stranger.ExitCode);
        Assert.StartsWith(
            $"{owner} may not act as anon, authenticated, service_role, so nothing can be tried as them.",
            stranger.StandardError,
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"GRANT anon, authenticated, service_role TO \"{owner}\";",
            stranger.StandardError,
            StringComparison.Ordinal
        );
        Assert.True(member.ExitCode == 0, member.StandardOutput + member.StandardError);
    }

    [Fact]
    public async Task A_column_that_a_later_migration_requires_is_filled_in()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(
            database,
            """
            ALTER TABLE users ADD COLUMN phone varchar(12) NOT NULL, ADD COLUMN level int NOT NULL, ADD COLUMN born date NOT NULL;
            ALTER TABLE session ADD COLUMN device uuid NOT NULL, ADD COLUMN facts jsonb NOT NULL;
            GRANT SELECT (device, facts) ON session TO authenticated;
            """
        );

        Assert.Equal([], (await ProveAsync(database)).Cells.Where(c => c.State != PolicyCellState.AsExpected));
    }

    [Fact]
    public async Task A_table_whose_checks_refuse_just_any_value_is_tried_all_the_same()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(
            database,
            """
            ALTER TABLE api_key ADD COLUMN cents bigint NOT NULL, ADD CHECK (cents > 0),
                ADD COLUMN currency text NOT NULL, ADD CHECK (currency IN ('CHF', 'EUR')),
                ADD COLUMN code text NOT NULL UNIQUE, ADD CHECK (code ~ '^[A-Z]{3}-[0-9]{4}$');
            ALTER TABLE session ADD COLUMN device text, ADD COLUMN browser text, ADD CHECK (num_nonnulls(device, browser) = 1);
            GRANT SELECT (device, browser) ON session TO authenticated;
            GRANT SELECT (cents, currency, code) ON api_key TO authenticated;
            """
        );

        Assert.Equal([], (await ProveAsync(database)).Cells.Where(c => c.State != PolicyCellState.AsExpected));
    }

    private static async Task<PolicyReport> ProveAsync(TestDatabase database)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Cancellation);
        return await new PolicyProof(connection).RunAsync(null, Cancellation);
    }

    private static async Task<string> ScalarAsync(TestDatabase database, string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return (string)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
