using System.Text.Json;
using Db.CriticalQueries;
using LocalPostgres;
using Npgsql;
using Xunit;

namespace Db.Tests;

public class CriticalQueryTests(PostgresServer postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Those_of_this_application_work_on_an_empty_database()
    {
        await using var database = await postgres.MigratedDatabaseAsync();

        var result = await new Tool { Directory = AppContext.BaseDirectory }
            .With("DATABASE_URL", database.ConnectionUri)
            .RunAsync("queries", "--json");

        Assert.True(result.ExitCode == 0, result.StandardOutput + result.StandardError);
        var json = JsonDocument.Parse(result.StandardOutput).RootElement;
        Assert.Equal(6, json.GetProperty("queries").GetArrayLength());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(3000)]
    public async Task Those_of_this_application_work_with_users(int users)
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await FillAsync(database, users);

        var results = await RunAsync(database, CriticalQueryFiles.Read(Shipped()));

        Assert.Equal([], results.SelectMany(r => r.Problems));
        Assert.Equal(1, results.Single(r => r.Name == "sign-in-by-email").Rows);
        Assert.Equal(1, results.Single(r => r.Name == "own-values").Rows);
        // A small table's plan is only said to be possible; a large one's is the plan.
        Assert.Equal(users > 1000, results.Single(r => r.Name == "session-by-token").Notes.Count == 0);
    }

    [Theory]
    [InlineData("-- rows: = 4\nSELECT generate_series(1, 3)", "3 rows came back; expected 4")]
    [InlineData("-- rows: >= 1\nSELECT 1 WHERE false", "0 rows came back; expected 1 or more")]
    [InlineData(
        "-- rows: 1\nSELECT nothing FROM users",
        "service_role gets an error: column \"nothing\" does not exist (42703) at: nothing FROM users"
    )]
    [InlineData(
        "-- as: member\n-- rows: 1\nSELECT token FROM session",
        "member gets an error: permission denied for table session (42501)"
    )]
    [InlineData(
        "-- role: owner\n-- rows: 1\nSELECT set_config('transaction_read_only', 'off', true), app_private.delete_audit_log_before(now())",
        "gets an error"
    )]
    [InlineData(
        "-- role: owner\n-- rows: 1\nSELECT app_private.delete_audit_log_before(now())",
        "it writes (cannot execute DELETE in a read-only transaction); critical queries run read-only"
    )]
    [InlineData("-- time: 20ms\nSELECT pg_sleep(0.1)", "the fastest of 3 took ")]
    [InlineData("-- time: 20ms\nSELECT pg_sleep(60)", "it was stopped after 1 s; it may take 20 ms")]
    [InlineData("-- plan: no-seq-scan users\nSELECT * FROM users", "its plan reads all of users (Seq Scan on users)")]
    [InlineData(
        "-- plan: uses-index users_email_key\nSELECT * FROM users WHERE lower(email) = 'x'",
        "its plan does not use users_email_key"
    )]
    [InlineData(
        "-- plan: uses-index users_phone_key\nSELECT * FROM users",
        "the index users_phone_key does not exist, or is invalid"
    )]
    public async Task What_is_not_as_expected_is_said(string text, string problem)
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await FillAsync(database, 3);

        var result = Assert.Single(await RunAsync(database, [Parsed(text)]));

        Assert.Contains(problem, string.Join('\n', result.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_that_a_large_table_lost_is_missed()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await FillAsync(database, 8000);
        var query = Parsed("-- plan: no-seq-scan session\nSELECT * FROM session WHERE token = 'token-7'");
        Assert.Empty(Assert.Single(await RunAsync(database, [query])).Problems);

        // That it could be used is no excuse on a large table, as it is on a small one.
        var everything = Parsed("-- plan: uses-index session_token_key\nSELECT * FROM session WHERE token > ''");
        Assert.StartsWith(
            "its plan does not use session_token_key (Seq Scan on session)",
            Assert.Single(Assert.Single(await RunAsync(database, [everything])).Problems),
            StringComparison.Ordinal
        );

        await PostgresServer.ExecuteAsync(database, "ALTER TABLE session DROP CONSTRAINT session_token_key");

        Assert.StartsWith(
            "its plan reads all of session",
            Assert.Single(Assert.Single(await RunAsync(database, [query])).Problems),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_wrong_query_is_exit_code_1_with_a_line_each()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        using var folder = new TemporaryFolder();
        folder.Write("critical-queries/nobody.sql", "-- Somebody is there.\n-- rows: >= 1\nSELECT id FROM users;");
        folder.Write("critical-queries/one.sql", "-- rows: 1\nSELECT 1");

        var result = await new Tool()
            .With("DATABASE_URL", database.ConnectionUri)
            .RunAsync("queries", "--release-folder", folder.Path);

        Assert.Equal(1, result.ExitCode);
        var lines = result.StandardOutput.Split('\n');
        Assert.Matches(
            "^wrong: nobody as service_role: 0 rows, [0-9.]+ ms: 0 rows came back; expected 1 or more$",
            lines[0]
        );
        Assert.Matches("^ok: one as service_role: 1 row, [0-9.]+ ms$", lines[1]);
        Assert.StartsWith("1 of 2 critical queries not as expected at ", lines[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-- A title.\n-- tims: 20ms\nSELECT 1", "q.sql:2: \"tims:\" is not an expectation; \"time:\" is.")]
    [InlineData("-- rows >= 1\n-- time: 1s\nSELECT 1", "q.sql:1: a colon is missing: write -- rows: …")]
    [InlineData(
        "-- rows: some\nSELECT 1",
        "q.sql:1: \"some\" is not a number of rows; write = 0, >= 1, <= 50 or 1..50."
    )]
    [InlineData("-- rows: 5..1\nSELECT 1", "q.sql:1: \"5..1\" is not a number of rows")]
    [InlineData("-- time: fast\nSELECT 1", "q.sql:1: \"fast\" is not a time; write 200ms or 2s.")]
    [InlineData(
        "-- plan: index x\nSELECT 1",
        "q.sql:1: \"index x\" is not understood; write uses-index NAME or no-seq-scan TABLE"
    )]
    [InlineData(
        "-- as: root\n-- rows: 1\nSELECT 1",
        "q.sql:1: \"root\" is nobody; write anonymous, member, superadmin or service."
    )]
    [InlineData(
        "-- role: service_role\n-- as: member\n-- rows: 1\nSELECT 1",
        "q.sql:1: \"as: member\" has a role already; take \"role: service_role\" away."
    )]
    [InlineData("-- rows: 1\n-- rows: 2\nSELECT 1", "q.sql:2: \"rows:\" stands here twice.")]
    [InlineData("-- rows: 1\nSELECT 1;\n\nSELECT 2;", "q.sql:4: a second statement begins here; one query a file.")]
    [InlineData("-- rows: 1\n", "q.sql:2: there is no query in it.")]
    [InlineData("-- rows: 1\n\nDELETE FROM users", "q.sql:3: DELETE is not a query")]
    [InlineData(
        "-- A title.\nSELECT 1",
        "q.sql:1: nothing is expected of it; add at least one of -- rows: …, -- time: …, -- plan: …"
    )]
    public void What_cannot_be_understood_is_named_by_file_and_line(string text, string problem)
    {
        var problems = new List<string>();

        Assert.Null(CriticalQueryFiles.Parse("q.sql", text, problems));
        Assert.Contains(problems, p => p.StartsWith(problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_cannot_be_understood_is_exit_code_2()
    {
        using var folder = new TemporaryFolder();
        folder.Write("critical-queries/a.sql", "-- tims: 1s\nSELECT 1");
        folder.Write("critical-queries/b.sql", "-- rows: x\nSELECT 1");

        var result = await new Tool().RunAsync("queries", "--release-folder", folder.Path);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("a.sql:1: ", result.StandardError, StringComparison.Ordinal);
        Assert.Contains("b.sql:1: ", result.StandardError, StringComparison.Ordinal);
    }

    private static CriticalQuery Parsed(string text)
    {
        var problems = new List<string>();
        var query = CriticalQueryFiles.Parse("q.sql", text, problems);
        Assert.Empty(problems);
        return query!;
    }

    private static string Shipped() =>
        Path.Combine(Checkout.Above(AppContext.BaseDirectory)!.Directory, "release", "critical-queries");

    private static async Task<IReadOnlyList<CriticalQueryResult>> RunAsync(
        TestDatabase database,
        IReadOnlyList<CriticalQuery> queries
    )
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Cancellation);
        return await new CriticalQueryRun(connection).RunAsync(queries, null, Cancellation);
    }

    private static Task FillAsync(TestDatabase database, int users) =>
        PostgresServer.ExecuteAsync(
            database,
            $"""
            INSERT INTO users (id, email) SELECT 'user-' || i, i || '@example.test' FROM generate_series(1, {users}) AS i;
            INSERT INTO session (id, "expiresAt", token, "userId", "userAgent")
            SELECT i, now(), 'token-' || i, 'user-' || i, repeat('x', 1200) FROM generate_series(1, {users}) AS i;
            INSERT INTO account (id, "accountId", "providerId", "userId") SELECT i, i, 'credential', 'user-' || i FROM generate_series(1, {users}) AS i;
            INSERT INTO users_metas ("userId", "metaKey") SELECT 'user-' || i, 'theme' FROM generate_series(1, {users}) AS i;
            INSERT INTO api_key (id, "keyHash", "keyPrefix", name, "userId") SELECT i, i, i, 'x', 'user-' || i FROM generate_series(1, {users}) AS i;
            INSERT INTO api_audit_log ("apiKeyId", "userId", endpoint, method, "statusCode", "createdAt")
            SELECT i, 'user-' || i, '/', 'GET', 200, now() - i * interval '1 hour' FROM generate_series(1, {users}) AS i;
            ANALYZE;
            """
        );
}
