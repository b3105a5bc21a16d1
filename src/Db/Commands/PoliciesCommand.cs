using System.CommandLine;
using Db.Console;
using Db.Databases;
using Db.Policies;

namespace Db.Commands;

/// <summary><c>db policies</c>: does everybody reach the rows that the persona table says, on this very database?</summary>
internal static class PoliciesCommand
{
    public static Command Create()
    {
        var connection = ConnectionOption.Create();
        var command = new DocumentedCommand(
            "policies",
            "Try every persona's select, insert, update and delete on every table, and compare with docs/personas.md.",
            """
            It makes its own users and rows inside transactions that are rolled back, so it can run on production: nothing
            stays behind, and it waits for no lock longer than 0.1 s. Connect as the owner of the tables.
            Exit code 1 where a persona reaches other rows than written down, or holds a privilege too much;
            2 where a cell could not be tried.

            Examples:
              db policies
              MIGRATE_DATABASE_URL=postgresql://owner@db.example.com/app db policies --json
            """
        )
        {
            connection,
        };
        command.SetAction((parsed, ct) => RunAsync(CommandLine.ReportOf(parsed), parsed.GetValue(connection), ct));
        return command;
    }

    private static async Task<int> RunAsync(Report report, string? typed, CancellationToken ct)
    {
        var database = await NamedDatabase.FindAsync(typed, ct);
        await using var connection = await database.OpenAsync(ct);
        var result = await new PolicyProof(connection).RunAsync(report.Progress, ct);

        Show(report, result, $"{database.Connection} (named by {database.Source})");
        report.Json(
            new
            {
                database = database.Connection.ToString(),
                source = database.Source,
                asExpected = result.AsExpected,
                result.Tried,
                result.Milliseconds,
                wrong = result.Wrong,
                notTried = result.NotTried,
                result.Cells,
            }
        );
        return result.Wrong.Count > 0 ? ExitCode.DiffersOrRefused
            : result.NotTried.Count > 0 ? ExitCode.CouldNotRun
            : ExitCode.AsExpected;
    }

    /// <summary>Shows what is not as expected, and one line that sums it up.</summary>
    public static void Show(Report report, PolicyReport result, string where)
    {
        report.Table(
            ["persona", "table", "command", "expected", "found"],
            result.Wrong,
            c => [c.Persona, c.Table, c.Command, c.Expected, c.Detail is null ? c.Found : $"{c.Found}\n{c.Detail}"],
            c =>
                $"wrong: {c.Persona} on {c.Table}, {c.Command}: expected {c.Expected}; found {c.Found}{(c.Detail is null ? "" : $". {c.Detail}")}"
        );
        foreach (var (what, why) in result.Untried)
        {
            report.Line($"not tried: {what}: {why}", "yellow");
        }

        report.Line(
            result switch
            {
                { Wrong.Count: > 0 } =>
                    $"{result.Wrong.Count} wrong at {where}. Who may do what: docs/personas.md. What was changed by hand: {ToolCommand.OnDatabase(["verify"])}",
                { NotTried.Count: > 0 } =>
                    $"{result.NotTried.Count} could not be tried at {where}; the others are as expected.",
                _ => $"As expected: {result.Tried} cells of the persona table, and the privileges, at {where}.",
            },
            result.AsExpected ? "green" : "red"
        );
    }
}
