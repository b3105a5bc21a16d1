using System.CommandLine;
using System.Globalization;
using Db.Console;
using Db.CriticalQueries;
using Db.Databases;

namespace Db.Commands;

/// <summary><c>db queries</c>: do the queries that the application lives by still work, fast and by their index?</summary>
internal static class QueriesCommand
{
    public static Command Create()
    {
        var connection = ConnectionOption.Create();
        var folder = ReleaseFolderOption.Create();
        var command = new DocumentedCommand(
            "queries",
            "Run the queries in release/critical-queries and compare rows, time and plan with what each file expects.",
            """
            Each runs as the role that the application uses, in a read-only transaction that is rolled back, and is stopped
            where it takes much too long. What a file may expect: docs/critical-queries.md.
            Exit code 1 where a query is not as expected; 2 where a file cannot be understood.

            Examples:
              db queries
              MIGRATE_DATABASE_URL=postgresql://owner@db.example.com/app db queries --json
            """
        )
        {
            connection,
            folder,
        };
        command.SetAction(
            (parsed, ct) =>
                RunAsync(CommandLine.ReportOf(parsed), parsed.GetValue(connection), parsed.GetValue(folder), ct)
        );
        return command;
    }

    private static async Task<int> RunAsync(Report report, string? typed, string? folder, CancellationToken ct)
    {
        var queries = CriticalQueryFiles.Read(ReleaseFolder.Find(folder).CriticalQueries);
        var database = await NamedDatabase.FindAsync(typed, ct);
        await using var connection = await database.OpenAsync(ct);
        var results = await new CriticalQueryRun(connection).RunAsync(queries, report.Progress, ct);

        Show(report, results, $"{database.Connection} (named by {database.Source})");
        var asExpected = results.All(r => r.AsExpected);
        report.Json(
            new
            {
                database = database.Connection.ToString(),
                source = database.Source,
                asExpected,
                queries = results,
            }
        );
        return asExpected ? ExitCode.AsExpected : ExitCode.DiffersOrRefused;
    }

    /// <summary>Shows each query, and one line that sums them up.</summary>
    public static void Show(Report report, IReadOnlyList<CriticalQueryResult> results, string where)
    {
        report.Table(
            ["query", "as", "rows", "time", ""],
            results,
            r => [r.Name, r.RanAs, $"{r.Rows}", Time(r), Verdict(r, "\n")],
            r =>
                $"{(r.AsExpected ? "ok" : "wrong")}: {r.Name} as {r.RanAs}: {Rows(r)}, {Time(r)}{(Verdict(r, "; ") is { Length: > 2 } why ? $": {why}" : "")}"
        );
        var wrong = results.Count(r => !r.AsExpected);
        report.Line(
            results.Count == 0 ? "There are no critical queries; docs/critical-queries.md says how to write one."
                : wrong == 0
                    ? $"As expected: {results.Count} critical {(results.Count == 1 ? "query" : "queries")} at {where}."
                : $"{wrong} of {results.Count} critical {(results.Count == 1 ? "query" : "queries")} not as expected at {where}.",
            wrong == 0 ? "green" : "red"
        );
    }

    private static string Rows(CriticalQueryResult r) =>
        r.Rows switch
        {
            null => "no rows",
            1 => "1 row",
            var rows => string.Create(CultureInfo.InvariantCulture, $"{rows:N0} rows"),
        };

    private static string Time(CriticalQueryResult r) =>
        r.Milliseconds is { } took
            ? string.Create(CultureInfo.InvariantCulture, $"{took:0.0} ms")
                + (
                    r.LimitMilliseconds is { } limit
                        ? string.Create(CultureInfo.InvariantCulture, $" of {limit:0} ms")
                        : ""
                )
            : "not ended";

    private static string Verdict(CriticalQueryResult r, string between) =>
        r.AsExpected && r.Notes.Count == 0 ? "ok" : string.Join(between, r.Problems.Concat(r.Notes));
}
