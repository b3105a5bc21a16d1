using System.Text.Json;
using Data.Migrations;
using Db.Backups;
using Db.Bundles;
using Db.Commands;
using Db.Databases;
using Db.Preflight;
using Db.Rehearsing;
using Db.Tracing.Findings;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using MigrationSafety.Connections;
using MigrationSafety.Schema;
using Npgsql;
using Xunit;

namespace Db.Tests;

public sealed class PreflightTests(PostgresServer postgres, BuiltBundle built) : IAsyncLifetime
{
    private const string Plan = "3f9c2a1b00d4e5f6";

    private static readonly DateTimeOffset _now = new(2026, 11, 23, 6, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private TestDatabase _database = null!;
    private NpgsqlConnection _connection = null!;
    private string _system = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.MigratedDatabaseAsync();
        _connection = new NpgsqlConnection(_database.ConnectionString);
        await _connection.OpenAsync(Cancellation);
        await using var system = new NpgsqlCommand(
            "SELECT system_identifier::text FROM pg_control_system()",
            _connection
        );
        _system = (string)(await system.ExecuteScalarAsync(Cancellation))!;
        // Stands for a bundle: it says what it would do, and nothing more is asked of it here.
        Bundle(
            $$"""{ "digest": "{{Plan}}", "migrations": [{ "id": "20261201000000_AddPhone", "direction": "Up" }] }"""
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task With_everything_done_a_release_may_begin()
    {
        await PreparedAsync();

        var report = await RunAsync();

        Assert.True(report.MayBegin);
        Assert.Equal(
            [
                $"Ok backup: {_database.Name}-1, 3 h old; may be 24 h",
                $"Ok restorable: {_database.Name}-1 was restored in 12 s: 1,000,000 rows of 7 tables, as they were counted",
                $"Ok rehearsed: rehearsed 1 h ago on {_database.Name}-1; 1 min 30 s from start to end there",
                "Ok guards: would run 20261201000000_AddPhone",
                $"Ok reviewed: plan {Plan}, by the release engineer",
                "Ok way-back: back to 20261122153913_ApiAuditLog in 2 s; nothing was lost by it on the copy",
                "Ok window: open at Mon 2026-11-23 06:00 UTC; closes Mon 2026-11-23 08:00 UTC, in 2 h 0 min",
            ],
            report.Checks.Take(7).Select(c => $"{c.Outcome} {c.Id}: {c.Evidence}")
        );
        var load = report.Checks.Single(c => c.Id == "load");
        Assert.Equal(PreflightOutcome.Ok, load.Outcome);
        Assert.Contains("longest transaction ", load.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_nothing_done_everything_that_is_to_be_done_is_said_at_once()
    {
        var report = await RunAsync(c => c with { ReviewedPlan = null });

        Assert.False(report.MayBegin);
        Assert.Equal(["backup", "restorable", "rehearsed", "reviewed"], report.Failed.Select(c => c.Id));
        Assert.Equal(
            [
                ToolCommand.Of(["backup", .. Store("--to")]),
                $"{ToolCommand.Of(["backup", .. Store("--to")])} && {ToolCommand.Of(["backup", "verify", .. Store("--in")])}",
                ToolCommand.Of(["rehearse", "--bundle", BundlePath, .. Store("--in"), "--out", Rehearsal]),
            ],
            report.Failed.Take(3).Select(c => c.ToDo)
        );
        Assert.Equal(
            $"read {BundlePath} -- --plan, then add: --reviewed-plan {Plan} --reviewed-by \"your name\"",
            report.Failed[3].ToDo
        );
    }

    [Fact]
    public async Task A_backup_that_the_release_takes_itself_need_not_be_there_before()
    {
        var report = await RunAsync(c => c with { BackupFollows = true });

        Assert.Equal(PreflightOutcome.Ok, report.Checks.Single(c => c.Id == "backup").Outcome);
    }

    [Theory]
    [InlineData("backup", "Fail", "-1, 25 h old; may be 24 h")]
    [InlineData("never drilled", "Fail", "-1 was never restored to see")]
    [InlineData("drill failed", "Fail", "-1 could not be restored as it was: It is damaged")]
    [InlineData("drill of another", "Fail", "-1 was never restored to see")]
    [InlineData("older one drilled", "Warn", "-1 was not restored; ")]
    [InlineData("damaged", "Fail", "-1/manifest.json is damaged and cannot be read")]
    [InlineData(
        "breaks the release before",
        "Warn",
        "; the release before: The release that runs now can no longer insert"
    )]
    [InlineData("other database", "Fail", "no backup of this database in ")]
    [InlineData("other server", "Fail", "no backup of this database in ")]
    [InlineData("other bundle", "Fail", "another bundle was rehearsed: SHA-256 abc; this one is ")]
    [InlineData("rehearsal failed", "Fail", "failed: AddPhone timed out")]
    [InlineData("rehearsal failed twice", "Fail", "failed:\n- AddPhone timed out\n- A policy is open\nAll of it: ")]
    [InlineData(
        "rights not tried",
        "Warn",
        "but not everybody's rights could be tried on the new schema: invoice, nothing"
    )]
    [InlineData("other plan rehearsed", "Warn", "but the plan there was 0000, and here it is 3f9c2a1b00d4e5f6")]
    [InlineData("loses data", "Warn", "on the copy this would have been lost: 7 rows of users.phone")]
    [InlineData("no way back", "Warn", "the migrations cannot be taken back: AddPhone has no Down")]
    [InlineData(
        "removes a column",
        "Warn",
        "20261122153913_ApiAuditLog in 2 s, but what the release itself removes does not come back with it: users.phone (drop-column)"
    )]
    [InlineData("refused", "Fail", "the database is ahead of this bundle")]
    [InlineData("no plan", "Fail", "could not say what it would do (exit code 3). Is it a bundle")]
    [InlineData("other plan reviewed", "Fail", "plan 1111 was reviewed; what would run now is plan 3f9c2a1b00d4e5f6")]
    [InlineData("reviewed by nobody", "Fail", "plan 3f9c2a1b00d4e5f6 was reviewed by nobody")]
    [InlineData("window closed", "Fail", "closed at Mon 2026-11-23 08:30 UTC; opens Mon 2026-11-30 05:00 UTC")]
    [InlineData("outside with a reason", "Warn", "released all the same: the site is down")]
    [InlineData("too long for the window", "Warn", "the rehearsal took 3 h, so it would end after that")]
    public async Task What_is_not_as_it_should_be_is_said(string fault, string outcome, string evidence)
    {
        await PreparedAsync(fault);

        var report = await RunAsync(context =>
            fault switch
            {
                "other plan reviewed" => context with { ReviewedPlan = "1111" },
                "reviewed by nobody" => context with { ReviewedBy = " " },
                "window closed" => context with { Now = _now.AddHours(2.5) },
                "outside with a reason" => context with
                {
                    Now = _now.AddHours(2.5),
                    OutsideWindow = "the site is down",
                },
                _ => context,
            }
        );

        Assert.Contains(
            report.Checks,
            c => c.Outcome.ToString() == outcome && c.Evidence.Contains(evidence, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_transaction_that_is_open_for_too_long_is_too_much_load()
    {
        await PreparedAsync();
        await using var other = new NpgsqlConnection(_database.ConnectionString);
        await other.OpenAsync(Cancellation);
        await using var transaction = await other.BeginTransactionAsync(Cancellation);
        await using (var first = new NpgsqlCommand("SELECT pg_sleep(0.01)", other))
        {
            await first.ExecuteNonQueryAsync(Cancellation);
        }

        var report = await RunAsync(c =>
            c with
            {
                Settings = Settings("""{ "load": { "measureFor": "1ms", "longestTransaction": "1ms" } }"""),
            }
        );

        var load = Assert.Single(report.Failed);
        Assert.Contains($"session {other.ProcessID} ", load.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_that_is_accepted_with_a_reason_does_not_stand_in_the_way()
    {
        await PreparedAsync("other bundle");

        var report = await RunAsync(c => c with { Accepted = PreflightCommandAccepted("rehearsed=a hotfix") });

        Assert.True(report.MayBegin);
        Assert.EndsWith(
            "; accepted: a hotfix",
            report.Checks.Single(c => c.Id == "rehearsed").Evidence,
            StringComparison.Ordinal
        );
        Assert.Throws<CouldNotRunException>(() => PreflightCommandAccepted("rehearsd=x"));
        Assert.Throws<CouldNotRunException>(() => PreflightCommandAccepted("rehearsed="));
    }

    [Fact]
    public async Task What_was_done_by_hand_stops_the_release_before_it_migrates()
    {
        await PreparedAsync(schemaBefore: ExpectedSchema.Read().ToText());
        await ByHandAsync("CREATE INDEX made_by_hand ON users (timezone)");

        var check = Assert.Single((await RunAsync()).Failed);

        Assert.Equal("schema", check.Id);
        Assert.StartsWith("1 difference, made by hand", check.Evidence, StringComparison.Ordinal);
        Assert.Contains("index made_by_hand", check.Evidence, StringComparison.Ordinal);
        Assert.Contains("going back does not mend it", check.ToDo, StringComparison.Ordinal);
        Assert.True((await RunAsync(c => c with { Accepted = PreflightCommandAccepted("schema=known") })).MayBegin);
        Assert.True((await RunAsync(c => c with { Without = Left("verify") })).MayBegin);
    }

    [Fact]
    public async Task What_the_applied_migrations_make_is_in_order()
    {
        await PreparedAsync(schemaBefore: ExpectedSchema.Read().ToText());

        var report = await RunAsync();

        Assert.Empty(report.Failed);
        foreach (var id in (string[])["schema", "policies", "queries"])
        {
            Assert.Equal(PreflightOutcome.Ok, report.Checks.Single(c => c.Id == id).Outcome);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_open_policy_stops_the_release_before_it_migrates(bool isSchemaKnown)
    {
        await PreparedAsync(schemaBefore: isSchemaKnown ? ExpectedSchema.Read().ToText() : null);
        await ByHandAsync("CREATE POLICY opened_by_hand ON users FOR SELECT TO authenticated USING (true)");

        var check = (await RunAsync()).Failed.Single(failed => failed.Id == "policies");

        Assert.Contains("member on users, select: expected own; found all", check.Evidence, StringComparison.Ordinal);
        Assert.Contains("--accept policies=", check.ToDo, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_right_that_the_pending_migrations_change_does_not_stop_them()
    {
        await ByHandAsync("CREATE POLICY opened_before ON users FOR SELECT TO authenticated USING (true)");
        // The migrations before this release made it so.
        var before = await SchemaSnapshot.ReadAsync(_database.ConnectionString, ExpectedSchema.Scope, Cancellation);
        await PreparedAsync(schemaBefore: before.ToText());

        var report = await RunAsync();

        Assert.True(report.MayBegin);
        Assert.Equal(PreflightOutcome.Warn, report.Checks.Single(c => c.Id == "policies").Outcome);
    }

    [Fact]
    public async Task A_critical_query_that_is_too_slow_before_the_release_is_said_before_it()
    {
        await PreparedAsync();
        _folder.Write("queries/slow.sql", "-- Sleeps\n-- time: 10ms\nSELECT pg_sleep(0.1);\n");

        var report = await RunAsync(c => c with { CriticalQueries = Path.Combine(_folder.Path, "queries") });

        var check = report.Checks.Single(c => c.Id == "queries");
        Assert.Equal(PreflightOutcome.Warn, check.Outcome);
        Assert.StartsWith(
            "1 of 1 are not as expected before the release: slow: ",
            check.Evidence,
            StringComparison.Ordinal
        );
    }

    private async Task ByHandAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static Dictionary<string, string> Left(string step) => new() { [step] = "a test" };

    [Fact]
    public async Task The_command_asks_the_bundle_itself()
    {
        var bundle = await built.PathAsync();
        await using var database = await postgres.Server.CreateDatabaseAsync(
            "one-pending",
            async (connectionString, token) =>
            {
                await using var context = DesignTimeFactory.CreateFor(connectionString);
                await context.Database.MigrateAsync("20261122153900_ApiKeys", token);
            },
            Cancellation
        );

        _folder.Write("release/release.json", """{ "load": { "measureFor": "1ms" } }""");
        var result = await new Tool { Directory = _folder.Path }
            .With("MIGRATE_DATABASE_URL", database.ConnectionUri)
            .RunAsync("preflight", "--json", "--bundle", bundle, "--accept", "restorable=a test");

        Assert.True(result.ExitCode == 1, result.StandardOutput + result.StandardError);
        var json = JsonDocument.Parse(result.StandardOutput).RootElement;
        Assert.False(json.GetProperty("mayBegin").GetBoolean());
        var checks = json.GetProperty("checks")
            .EnumerateArray()
            .ToDictionary(c => c.GetProperty("id").GetString()!, c => c);
        Assert.Equal(
            "would run 20261122153913_ApiAuditLog, 20261122190500_AdoptIndexes",
            checks["guards"].GetProperty("evidence").GetString()
        );
        Assert.Equal(
            $"nobody says to have reviewed plan {json.GetProperty("planDigest").GetString()}",
            checks["reviewed"].GetProperty("evidence").GetString()
        );
        Assert.Equal("warn", checks["restorable"].GetProperty("outcome").GetString());
        Assert.Equal("RELEASE_WEBHOOK_URL is not set", checks["team"].GetProperty("evidence").GetString());
    }

    private string Backups => Path.Combine(_folder.Path, "backups");

    private string Rehearsal => Path.Combine(_folder.Path, "rehearsal.json");

    private string[] Store(string option) => [option, Backups];

    private string BundlePath => Path.Combine(_folder.Path, "efbundle");

    private static IReadOnlyDictionary<string, string> PreflightCommandAccepted(string typed) =>
        PreflightCommand.Accepted([typed]);

    private async Task<PreflightReport> RunAsync(Func<PreflightContext, PreflightContext>? change = null)
    {
        var database = new NamedDatabase(PostgresConnectionString.Parse(_database.ConnectionString), "a test");
        var context = new PreflightContext
        {
            Database = database,
            Connection = _connection,
            Bundle = (await BundleFile.OpenAsync(BundlePath, Cancellation)).For(database.Connection),
            Settings = Settings(
                """
                { "window": { "timeZone": "UTC", "open": [{ "days": ["Mon"], "from": "05:00", "to": "08:00" }] },
                  "load": { "measureFor": "1ms" } }
                """
            ),
            Backups = Backups,
            Rehearsal = Rehearsal,
            ReviewedPlan = Plan,
            ReviewedBy = "the release engineer",
            Now = _now,
        };
        return await PreflightRun.RunAsync(change?.Invoke(context) ?? context, null, Cancellation);
    }

    private static ReleaseSettings Settings(string json) =>
        ReleaseSettings.Parse(json, problem => throw new InvalidOperationException(problem));

    private void Bundle(string plan, int exitCode = 0)
    {
        var file = _folder.Write("efbundle", $"#!/bin/sh\ncat <<'PLAN'\n{plan}\nPLAN\nexit {exitCode}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    // What 'db backup', 'db backup verify' and 'db rehearse' write, as far as it is looked at.
    private async Task PreparedAsync(string fault = "", string? schemaBefore = null)
    {
        switch (fault)
        {
            case "refused":
                Bundle(
                    $$"""{ "digest": "{{Plan}}", "migrations": [], "refused": "the database is ahead of this bundle" }"""
                );
                break;
            case "removes a column":
                Bundle(
                    $$"""
                    { "digest": "{{Plan}}", "migrations": [{ "id": "20261123000000_NoPhone", "direction": "Up" }],
                      "hazards": [{ "migration": "20261123000000_NoPhone", "direction": "Up", "hazard": "drop-column", "object": "users.phone",
                                    "what": "…", "accepted": "no release reads it", "refuses": false }] }
                    """
                );
                break;
            case "no plan":
                Bundle("it does not start", 3);
                break;
        }

        var digest = (await BundleFile.OpenAsync(BundlePath, Cancellation)).Digest;
        var newest = Backup("1", _now.AddHours(fault == "backup" ? -25 : -3));
        if (fault is not ("never drilled" or "older one drilled"))
        {
            Drill("1", passed: fault != "drill failed", digest: fault == "drill of another" ? "d2" : newest);
        }

        if (fault == "older one drilled")
        {
            Drill("2", passed: true, digest: Backup("2", _now.AddHours(-27)));
        }

        if (fault == "damaged")
        {
            _folder.Write($"backups/{_database.Name}-1/manifest.json", "{");
        }

        // Not finished, and so none.
        Write("backups/x.partial/manifest.json", Manifest(_now));
        Write(
            "rehearsal.json",
            new RehearsalResult
            {
                Passed = !fault.StartsWith("rehearsal failed", StringComparison.Ordinal),
                Failures = fault switch
                {
                    "rehearsal failed" => ["AddPhone timed out"],
                    "rehearsal failed twice" => ["AddPhone timed out", "A policy is open"],
                    _ => [],
                },
                At = _now.AddHours(-1),
                Bundle = "efbundle",
                BundleSha256 = fault == "other bundle" ? "abc" : digest,
                PlanDigest = fault == "other plan rehearsed" ? "0000" : Plan,
                Backup = $"{_database.Name}-1",
                BackupDigest = newest,
                BackupTaken = _now.AddHours(-3),
                Database = _database.Name,
                ServerVersion = "15.18",
                SchemaBefore = schemaBefore,
                ReleaseSeconds = fault == "too long for the window" ? 10800 : 90,
                PoliciesNotTried = fault == "rights not tried" ? ["invoice, nothing: no row could be made"] : [],
                PreviousRelease =
                    fault == "breaks the release before"
                        ? new RehearsedPrevious("ApiAuditLog", null, 9, [Breaks()], [], null)
                        : null,
                Rollback = new RehearsedRollback(
                    "20261122153913_ApiAuditLog",
                    fault != "no way back",
                    fault == "loses data",
                    ["7 rows of users.phone"],
                    2,
                    2,
                    [],
                    fault == "no way back" ? "AddPhone has no Down" : null
                ),
            }
        );

        string Backup(string name, DateTimeOffset started)
        {
            var manifest = Manifest(started);
            Write($"backups/{_database.Name}-{name}/manifest.json", manifest);
            return manifest.Digest;
        }

        BackupManifest Manifest(DateTimeOffset started) =>
            BackupJson.WithDigest(
                new BackupManifest
                {
                    Tool = "db",
                    Database = fault == "other database" ? "another" : _database.Name,
                    Server = "elsewhere:5432",
                    SystemIdentifier = fault == "other server" ? "1" : _system,
                    TakenBy = "owner",
                    ServerVersion = "15.18",
                    DumpVersion = "15.18",
                    Started = started,
                    Finished = started.AddMinutes(1),
                    Jobs = 2,
                    Compression = "gzip",
                    LastMigration = "20261122153913_ApiAuditLog",
                    Migrations = ["20261122153913_ApiAuditLog"],
                    Log = new LogPosition("0/1", started, false, null, null),
                    Properties = new DatabaseProperties("owner", "UTF8", "C", "C", "c", null, 1, [], []),
                    Schemas = ["public"],
                    Tables = [],
                    Roles = [],
                    Extensions = [],
                    Files = [],
                }
            );

        void Drill(string name, bool passed, string digest) =>
            Write(
                $"backups/{_database.Name}-{name}/drill.json",
                new DrillResult
                {
                    Backup = $"{_database.Name}-{name}",
                    BackupDigest = digest,
                    At = _now.AddHours(-2),
                    Passed = passed,
                    Failure = passed ? null : "It is damaged",
                    Tables = 7,
                    Rows = 1_000_000,
                    RestoreSeconds = 12,
                }
            );
    }

    private static TraceFinding Breaks() =>
        new(
            "breaks-previous-release",
            Severity.Danger,
            "Up",
            0,
            "public.users.phone",
            "The release that runs now can no longer insert User.",
            "Give it a default."
        )
        {
            Accepted = "it is gone by then",
        };

    private void Write<T>(string name, T value) =>
        _folder.Write(name, System.Text.Encoding.UTF8.GetString(BackupJson.Write(value)));
}
