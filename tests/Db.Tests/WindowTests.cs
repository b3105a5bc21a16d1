using System.Globalization;
using Db.Windows;
using LocalPostgres;
using Npgsql;
using Xunit;

namespace Db.Tests;

public class WindowTests(PostgresServer postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private const string Weekdays = """
        { "window": { "timeZone": "Europe/Berlin",
            "open": [{ "days": ["Mon", "Tue", "Wed", "Thu"], "from": "06:00", "to": "08:30" }],
            "freeze": [{ "from": "2026-12-18", "to": "2027-01-03", "why": "end of the year" }] } }
        """;

    private const string Nights = """
        { "window": { "timeZone": "Europe/Berlin", "open": [{ "days": ["Sat"], "from": "22:00", "to": "03:30" }] } }
        """;

    // Clocks go from 02:00 to 03:00 on 2027-03-28, and from 03:00 back to 02:00 on 2026-10-25.
    private const string InTheGap = """
        { "window": { "timeZone": "Europe/Berlin", "open": [{ "from": "02:15", "to": "02:45" }] } }
        """;

    [Theory]
    [InlineData(
        Weekdays,
        "2026-11-23T05:00Z",
        "open at Mon 2026-11-23 06:00 Europe/Berlin; closes Mon 2026-11-23 08:30 Europe/Berlin, in 2 h 30 min"
    )]
    [InlineData(
        Weekdays,
        "2026-11-23T04:59Z",
        "closed at Mon 2026-11-23 05:59 Europe/Berlin; opens Mon 2026-11-23 06:00 Europe/Berlin, in 1 min"
    )]
    [InlineData(
        Weekdays,
        "2026-11-23T07:30Z",
        "closed at Mon 2026-11-23 08:30 Europe/Berlin; opens Tue 2026-11-24 06:00 Europe/Berlin, in 21 h 30 min"
    )]
    // The same hour of the day is another hour of UTC in summer.
    [InlineData(
        Weekdays,
        "2027-06-01T04:00Z",
        "open at Tue 2027-06-01 06:00 Europe/Berlin; closes Tue 2027-06-01 08:30 Europe/Berlin, in 2 h 30 min"
    )]
    [InlineData(
        Weekdays,
        "2026-12-21T06:00Z",
        "closed at Mon 2026-12-21 07:00 Europe/Berlin, frozen from 2026-12-18 to 2027-01-03 (end of the year); opens Mon 2027-01-04 06:00 Europe/Berlin, in 14 days"
    )]
    // A Saturday's night ends on Sunday; in spring it is an hour shorter, in autumn an hour longer.
    [InlineData(
        Nights,
        "2027-03-28T01:00Z",
        "open at Sun 2027-03-28 03:00 Europe/Berlin; closes Sun 2027-03-28 03:30 Europe/Berlin, in 30 min"
    )]
    [InlineData(
        Nights,
        "2026-10-25T00:45Z",
        "open at Sun 2026-10-25 02:45 Europe/Berlin; closes Sun 2026-10-25 03:30 Europe/Berlin, in 1 h 45 min"
    )]
    [InlineData(
        Nights,
        "2026-10-25T02:30Z",
        "closed at Sun 2026-10-25 03:30 Europe/Berlin; opens Sat 2026-10-31 22:00 Europe/Berlin, in 7 days"
    )]
    // Hours that the clocks leave out do not come that day; hours that they repeat come once, the second time.
    [InlineData(
        InTheGap,
        "2027-03-28T01:05Z",
        "closed at Sun 2027-03-28 03:05 Europe/Berlin; opens Mon 2027-03-29 02:15 Europe/Berlin, in 23 h 10 min"
    )]
    [InlineData(
        InTheGap,
        "2026-10-25T00:20Z",
        "closed at Sun 2026-10-25 02:20 Europe/Berlin; opens Sun 2026-10-25 02:15 Europe/Berlin, in 55 min"
    )]
    [InlineData(
        InTheGap,
        "2026-10-25T01:20Z",
        "open at Sun 2026-10-25 02:20 Europe/Berlin; closes Sun 2026-10-25 02:45 Europe/Berlin, in 25 min"
    )]
    public void It_is_open_in_its_own_time_zone(string settings, string now, string state) =>
        Assert.Equal(
            state,
            Read(settings).Window!.At(DateTimeOffset.Parse(now, CultureInfo.InvariantCulture)).ToString()
        );

    [Fact]
    public void One_that_is_always_open_never_closes()
    {
        var state = Read(
            """{ "window": { "timeZone": "Europe/Berlin", "open": [{ "from": "00:00", "to": "24:00" }] } }"""
        )
            .Window!.At(new DateTimeOffset(2026, 10, 25, 1, 0, 0, TimeSpan.Zero));

        Assert.Equal((true, null, null), (state.IsOpen, state.ClosesAt, state.OpensAt));
    }

    [Theory]
    [InlineData("""{ "windw": {} }""", "windw: it is not known; \"window\" is.")]
    [InlineData("{\n\"window\": oops }", "line 2: this is not JSON.")]
    [InlineData(
        """{ "window": { "timeZone": "Berlin", "open": [{ "from": "06:00", "to": "07:00" }] } }""",
        "window.timeZone: \"Berlin\" is not known on this machine"
    )]
    [InlineData("""{ "window": { "timeZone": "UTC" } }""", "window.open: no hours are given, so it would never open.")]
    [InlineData(
        """{ "window": { "timeZone": "UTC", "open": [{ "from": "6", "to": "07:00" }] } }""",
        "window.open[0].from: \"6\" is not a time of day; write \"06:00\"."
    )]
    [InlineData(
        """{ "window": { "timeZone": "UTC", "open": [{ "days": ["Mo"], "from": "06:00", "to": "07:00" }] } }""",
        "window.open[0].days: \"Mo\" is not a day"
    )]
    [InlineData(
        """{ "window": { "timeZone": "UTC", "open": [{ "from": "06:00", "to": "07:00" }], "freeze": [{ "from": "24.12.2026" }] } }""",
        "window.freeze[0].from: \"24.12.2026\" is not a date; write \"2026-12-24\"."
    )]
    [InlineData("""{ "load": { "replicationLag": 30 } }""", "load.replicationLag: a text in quotes is expected.")]
    [InlineData(
        """{ "load": { "replicationLag": "30 seconds" } }""",
        "load.replicationLag: \"30 seconds\" is not a time; write 30s, 5min or 24h."
    )]
    [InlineData(
        """{ "webhook": { "format": "teams" } }""",
        "webhook.format: \"teams\" is not known; write slack or json."
    )]
    [InlineData("[]", "the file: an object is expected: { … }.")]
    public void Settings_that_cannot_be_understood_are_named(string json, string problem)
    {
        var problems = new List<string>();

        ReleaseSettings.Parse(json, problems.Add);

        Assert.Contains(problems, p => p.StartsWith(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void The_shipped_settings_are_understood()
    {
        var release = Path.Combine(Checkout.Above(AppContext.BaseDirectory)!.Directory, "release", "release.json");

        Assert.True(ReleaseSettings.Read(release).Window!.At(DateTimeOffset.UtcNow).IsOpen);
    }

    [Fact]
    public async Task The_load_is_measured_and_held_against_its_limits()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await using var other = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { ApplicationName = "report" }.ConnectionString
        );
        await other.OpenAsync(Cancellation);
        await using var transaction = await other.BeginTransactionAsync(Cancellation);
        await using (var first = new NpgsqlCommand("SELECT pg_sleep(0.02)", other))
        {
            await first.ExecuteNonQueryAsync(Cancellation);
        }

        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Cancellation);
        var load = await Load.MeasureAsync(connection, TimeSpan.FromMilliseconds(50), Cancellation);

        Assert.True(load.LongestTransaction > TimeSpan.FromMilliseconds(20));
        Assert.Equal($"session {other.ProcessID} (postgres, report, idle in transaction)", load.LongestTransactionOf);
        Assert.Null(load.ReplicationLag);
        Assert.Null(load.NotSeen);
        var figures = new LoadLimits(null, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1), default).Compare(
            load
        );
        Assert.Equal([true, false, true], figures.Select(f => f.Holds));
    }

    [Fact]
    public async Task Transactions_are_counted()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        await using var busy = new NpgsqlConnection(database.ConnectionString);
        await busy.OpenAsync(Cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var work = Task.Run(
            async () =>
            {
                // Counters are handed in at most once a second, at the end of a transaction.
                while (!stop.IsCancellationRequested)
                {
                    await using var command = new NpgsqlCommand("SELECT pg_sleep(0.001)", busy);
                    await command.ExecuteNonQueryAsync(Cancellation);
                }
            },
            Cancellation
        );

        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Cancellation);
        var load = await Load.MeasureAsync(connection, TimeSpan.FromSeconds(2.5), Cancellation);
        await stop.CancelAsync();
        await work;

        Assert.True(load.TransactionsPerSecond > 10, $"{load.TransactionsPerSecond} a second");
        Assert.False(new LoadLimits(10, null, null, default).Compare(load)[0].Holds);
    }

    [Fact]
    public async Task A_closed_window_is_exit_code_1()
    {
        await using var database = await postgres.MigratedDatabaseAsync();
        using var folder = new TemporaryFolder();
        var today = DateTime.UtcNow.Date;
        folder.Write(
            "release.json",
            $$"""
            { "window": { "timeZone": "UTC", "open": [{ "from": "00:00", "to": "24:00" }],
                "freeze": [{ "from": "{{today.AddDays(-1):yyyy-MM-dd}}", "to": "{{today.AddDays(
                1
            ):yyyy-MM-dd}}", "why": "audit" }] },
              "load": { "measureFor": "10ms" } }
            """
        );

        var result = await new Tool()
            .With("DATABASE_URL", database.ConnectionUri)
            .RunAsync("window", "--release-folder", folder.Path);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("window: closed at ", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(" (audit); opens ", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(
            "ok: replication lag: no replica; limit 30 s\n",
            result.StandardOutput,
            StringComparison.Ordinal
        );
    }

    private static ReleaseSettings Read(string json)
    {
        var problems = new List<string>();
        var settings = ReleaseSettings.Parse(json, problems.Add);
        Assert.Empty(problems);
        return settings;
    }
}
