using System.Text.Json;
using Db.Watching;
using LocalPostgres;
using Npgsql;
using Xunit;

namespace Db.Tests;

public class WatchTests(PostgresServer postgres)
{
    private static readonly WatchedPeriod _calm = new(
        "db/app",
        DateTimeOffset.UnixEpoch,
        Seconds: 300,
        Commits: 30_000,
        Rollbacks: 30,
        Deadlocks: 0,
        Conflicts: 0,
        FatalSessions: 0,
        KilledSessions: 0,
        MostWaiting: 1,
        LongestWaitSeconds: 0.2,
        LongestQuerySeconds: 1,
        LongestQueryOf: null,
        SlowQueries: 0,
        ReplicationLagSeconds: 0.1,
        InvalidIndexes: ["old_ix"],
        StatementMilliseconds: 2,
        Statements: [new WatchedStatement(7, 1000, 2, "SELECT $1")],
        Looks: 300,
        FailedLooks: 0,
        NotSeen: null
    );

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string?> Rules =>
        new()
        {
            // Chance moves counts: 30 expected, and three standard deviations of it are no news.
            { """{"rollbacks":50}""", null },
            { """{"rollbacks":70}""", "worse: rollbacks: 70 of 30,070 transactions; 30 expected" },
            { """{"rollbacks":0}""", "better: rollbacks: 0 of 30,000 transactions" },
            // Twice the traffic has twice the rollbacks.
            { """{"commits":60000,"rollbacks":60}""", null },
            {
                """{"commits":10000,"rollbacks":10}""",
                "worse: transactions per second: 33; worse below 50, half of before"
            },
            { """{"deadlocks":1}""", "worse: deadlocks: 1 in 5 min; 0 expected; worse from 1" },
            { """{"fatalSessions":2}""", "worse: sessions ended by a fatal error: 2 in 5 min" },
            { """{"killedSessions":1}""", "worse: sessions killed: 1 in 5 min" },
            { """{"longestWaitSeconds":1.9}""", null },
            { """{"longestWaitSeconds":4}""", "worse: longest wait for a lock: 4 s; worse above 2 s" },
            {
                """{"longestQuerySeconds":12,"longestQueryOf":"session 7 (app)"}""",
                "worse: longest statement: 12 s, session 7 (app); worse above 10 s"
            },
            { """{"slowQueries":4}""", "worse: statements over a second, at a time: 4.0; worse above 2.0" },
            { """{"replicationLagSeconds":9}""", "worse: replication lag: 9 s; worse above 5 s" },
            { """{"replicationLagSeconds":null}""", "worse: replication lag: no replica" },
            {
                """{"invalidIndexes":["old_ix","new_ix"]}""",
                "worse: invalid indexes: old_ix, new_ix; worse where one is new"
            },
            { """{"invalidIndexes":[]}""", "better: invalid indexes: none" },
            { """{"statementMilliseconds":4.5}""", "worse: mean time of a statement: 4.5 ms; worse above 4 ms" },
            {
                """{"statements":[{"id":7,"calls":900,"milliseconds":8,"text":"SELECT $1"}]}""",
                "worse: SELECT $1: 8 ms; worse above 7 ms"
            },
            { """{"failedLooks":2}""", "worse: the server did not answer: 2 of 302 looks" },
        };

    [Theory]
    [MemberData(nameof(Rules))]
    public void What_is_worse_or_better_is_said_by_its_rule(string change, string? finding)
    {
        var result = WatchComparison.Compare(_calm, Changed(change));

        var said = result
            .Findings.Where(f => f.Verdict != WatchVerdict.Same)
            .Select(f => $"{f.Verdict.ToString().ToLowerInvariant()}: {f.Name}: {f.Now}; {f.Rule}");
        if (finding is null)
        {
            Assert.Empty(said);
            Assert.Equal(WatchVerdict.Same, result.Verdict);
        }
        else
        {
            Assert.StartsWith(finding, Assert.Single(said), StringComparison.Ordinal);
            Assert.Equal(finding.Split(':')[0], result.Verdict.ToString().ToLowerInvariant());
        }
    }

    [Fact]
    public void Without_a_baseline_fixed_limits_hold()
    {
        var calm = _calm with { InvalidIndexes = [], LongestWaitSeconds = 4, LongestQuerySeconds = 50 };

        Assert.Equal(WatchVerdict.Same, WatchComparison.Compare(null, calm).Verdict);
        Assert.Equal(WatchVerdict.Worse, WatchComparison.Compare(null, calm with { Deadlocks = 1 }).Verdict);
        Assert.Equal(WatchVerdict.Worse, WatchComparison.Compare(null, calm with { Rollbacks = 3000 }).Verdict);
        Assert.Equal(WatchVerdict.Worse, WatchComparison.Compare(null, _calm).Verdict);
    }

    [Fact]
    public async Task A_period_is_saved_and_compared_with_what_comes_after()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "before.json");
        var tool = new Tool().With("DATABASE_URL", database.ConnectionUri);

        var before = await new Tool().RunAsync([
            "watch",
            "--connection",
            database.ConnectionUri,
            "--for",
            "50ms",
            "--save-baseline",
            file,
        ]);
        Assert.Equal(0, before.ExitCode);
        Assert.Contains(
            $"Saved in {file}. After the release: {Tool.Name} watch --baseline {file} --connection postgresql://",
            before.StandardOutput,
            StringComparison.Ordinal
        );

        // As a CREATE INDEX CONCURRENTLY leaves it that failed: two users cannot share what is made unique.
        await PostgresServer.ExecuteAsync(database, "INSERT INTO users (id, email) VALUES ('a', 'a@x'), ('b', 'b@x')");
        await Assert.ThrowsAsync<PostgresException>(() =>
            PostgresServer.ExecuteAsync(
                database,
                "CREATE UNIQUE INDEX CONCURRENTLY users_language_key ON users (language)"
            )
        );
        var after = await tool.RunAsync("watch", "--for", "50ms", "--baseline", file, "--json");

        Assert.Equal(1, after.ExitCode);
        var json = JsonDocument.Parse(after.StandardOutput).RootElement;
        Assert.Equal("worse", json.GetProperty("verdict").GetString());
        var finding = json.GetProperty("findings")
            .EnumerateArray()
            .Single(f => f.GetProperty("name").GetString() == "invalid indexes");
        Assert.Equal(
            ("none", "users_language_key", "worse"),
            (
                finding.GetProperty("before").GetString(),
                finding.GetProperty("now").GetString(),
                finding.GetProperty("verdict").GetString()
            )
        );
    }

    [Fact]
    public async Task Lock_waits_deadlocks_and_killed_sessions_are_seen()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "INSERT INTO users (id, email) VALUES ('a', 'a@x'), ('b', 'b@x')");
        await using var first = await OpenAsync(database);
        await using var second = await OpenAsync(database);
        await using var transaction = await first.BeginTransactionAsync(Cancellation);
        await using var other = await second.BeginTransactionAsync(Cancellation);
        await ExecuteAsync(first, "UPDATE users SET name = 'x' WHERE id = 'a'");
        await ExecuteAsync(second, "UPDATE users SET name = 'x' WHERE id = 'b'");
        var waiting = ExecuteAsync(first, "UPDATE users SET name = 'x' WHERE id = 'b'");
        await using var observer = await OpenAsync(database);
        while ((await WatchLook.ReadAsync(observer, Cancellation)).Waiting == 0)
        {
            await Task.Yield();
        }

        var watch = new DatabaseWatch("db/app", _ => OpenAsync(database));
        var watched = watch.RunAsync(TimeSpan.FromSeconds(1.5), null, Cancellation);
        while (watch.Looks.Count == 0)
        {
            await Task.Delay(1, Cancellation);
        }

        // Each waits for the other now: PostgreSQL ends one of them after its deadlock_timeout, and counts it at once.
        var failure = await Assert.ThrowsAsync<PostgresException>(async () =>
        {
            var closing = ExecuteAsync(second, "UPDATE users SET name = 'x' WHERE id = 'a'");
            await Task.WhenAll(waiting, closing);
        });
        Assert.Equal(PostgresErrorCodes.DeadlockDetected, failure.SqlState);
        var period = await watched;

        Assert.True(period.MostWaiting >= 1);
        Assert.True(period.LongestWaitSeconds > 0);
        Assert.True(period.LongestQuerySeconds > 0);
        Assert.Contains("session ", period.LongestQueryOf, StringComparison.Ordinal);
        Assert.Equal(watch.Looks.Count, period.Looks);
    }

    [Fact]
    public async Task Rollbacks_and_deadlocks_are_counted()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await using var observer = await OpenAsync(database);
        var before = await WatchLook.ReadAsync(observer, Cancellation);
        await using (var failing = await OpenAsync(database))
        {
            for (var i = 0; i < 7; i++)
            {
                await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(failing, "SELECT 1 / 0"));
            }
        }

        // A session hands its counts in when it ends.
        WatchLook after;
        do
        {
            after = await WatchLook.ReadAsync(observer, Cancellation);
        } while (after.Rollbacks - before.Rollbacks < 7 && !Cancellation.IsCancellationRequested);

        Assert.Equal(7, after.Rollbacks - before.Rollbacks);
    }

    [Fact]
    public async Task A_server_that_goes_away_is_counted_and_watched_again_when_it_is_back()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        var opened = 0;
        var watch = new DatabaseWatch(
            "db/app",
            async _ => ++opened == 2 ? throw new NpgsqlException("no server") : await OpenAsync(database)
        );
        var watched = watch.RunAsync(TimeSpan.FromSeconds(6), null, Cancellation);
        while (watch.Looks.Count == 0)
        {
            await Task.Delay(1, Cancellation);
        }

        await using var admin = await OpenAsync(database);
        await ExecuteAsync(
            admin,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        );
        var period = await watched;

        Assert.True(period.FailedLooks >= 2, $"{period.FailedLooks} failed");
        Assert.True(period.Looks >= 2, $"{period.Looks} looks");
        Assert.True(period.KilledSessions >= 1, $"{period.KilledSessions} killed");
        Assert.Contains(WatchComparison.Compare(null, period).Findings, f => f.Name == "the server did not answer");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not json")]
    public async Task A_file_that_is_no_baseline_is_exit_code_2(string text)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("before.json", text);

        var result = await new Tool().RunAsync("watch", "--baseline", file);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith($"{file} is not a baseline.", result.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_without_its_unit_is_exit_code_2()
    {
        var result = await new Tool().RunAsync("watch", "--for", "5");

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith(
            "--for 5: write a number with its unit, for example 30s, 5m or 1h.",
            result.StandardError,
            StringComparison.Ordinal
        );
    }

    private static WatchedPeriod Changed(string change)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        var json = JsonSerializer.SerializeToNode(_calm, options)!.AsObject();
        foreach (var property in System.Text.Json.Nodes.JsonNode.Parse(change)!.AsObject())
        {
            json[property.Key] = property.Value?.DeepClone();
        }

        return json.Deserialize<WatchedPeriod>(options)!;
    }

    private static async Task<NpgsqlConnection> OpenAsync(TestDatabase database)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString
        );
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
