using System.CommandLine;
using Data.Migrations.Samples;
using Db.Adopting;
using Db.Console;
using Db.Databases;

namespace Db.Commands;

/// <summary><c>db adopt</c>: takes over a database that numbered SQL files made, without a copy, a rewrite or an outage.</summary>
internal static class AdoptCommand
{
    private const int WidestWhat = 110;

    public static Command Create()
    {
        var connection = ConnectionOption.Create();
        var plan = new Option<bool>("--plan")
        {
            Description = "Show what would be done and what is in the way; change nothing.",
        };
        var allowSampleData = new Option<bool>("--allow-sample-data")
        {
            Description = "Adopt although accounts or API keys of the sample files are there. Refused in production.",
        };
        var allowLaterRows = new Option<bool>("--allow-later-rows")
        {
            Description =
                "Adopt although rows hold what only later versions of the application write: other roles, audit rows without a key.",
        };
        var command = new DocumentedCommand(
            "adopt",
            "Take over a database that the old numbered SQL files made: record what is true already, leave the rest to the bundle.",
            """
            Compares the database with the schema that the migrations make, and says of everything whether it is the same, is
            changed by the pending migrations, is the user's own and stays, or stands in the way, with the SQL that mends it.
            Then it records, in one transaction, the migrations whose tables are there. It makes, drops and rewrites nothing of the
            application's; the bundle does the rest. Run again, it does nothing.
            Exit code 1 where something stands in the way; nothing is recorded then.

            Examples:
              db adopt --plan
              MIGRATE_DATABASE_URL=postgresql://owner@db.example.com/app db adopt
            """
        )
        {
            connection,
            plan,
            allowSampleData,
            allowLaterRows,
        };
        command.SetAction(
            (parsed, ct) =>
                RunAsync(
                    CommandLine.ReportOf(parsed),
                    parsed.GetValue(connection),
                    parsed.GetValue(plan),
                    (parsed.GetValue(allowSampleData) ? Accepted.SampleData : Accepted.Nothing)
                        | (parsed.GetValue(allowLaterRows) ? Accepted.LaterRows : Accepted.Nothing),
                    ct
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        Report report,
        string? typed,
        bool planOnly,
        Accepted accepted,
        CancellationToken ct
    )
    {
        if (
            accepted.HasFlag(Accepted.SampleData)
            && ProductionEnvironment.Named(Environment.GetEnvironmentVariable) is { } production
        )
        {
            throw new RefusedException(
                $"--allow-sample-data is refused: {production} says that this is production, where known passwords and keys are a breach. "
                    + $"Nothing was done. Leave it out, and mend what this names: {ToolCommand.OnDatabase(["adopt", "--plan"])}"
            );
        }

        var database = await NamedDatabase.FindAsync(typed, ct);
        await using var connection = await database.OpenAsync(ct);
        report.Progress("Comparing the database with the migrations' schema …");
        if (planOnly)
        {
            return Show(report, database, await Adoption.PlanAsync(connection, accepted, ct), recorded: false);
        }

        var adoption = await Adoption.AdoptAsync(database.Connection.KeyValue, accepted, ct);
        return Show(report, database, adoption, recorded: adoption.Plan is { InTheWay.Count: 0 });
    }

    private static int Show(Report report, NamedDatabase database, Adoption adoption, bool recorded)
    {
        var where = $"{database.Connection} (named by {database.Source})";
        if (adoption.Plan is not { } plan)
        {
            report.Line(adoption.NothingToDo!, "green");
            if (adoption.Pending.Count > 0)
            {
                report.Line($"Pending, for the bundle: {string.Join(", ", adoption.Pending)}.");
            }

            report.Json(
                new
                {
                    database = database.Connection.ToString(),
                    source = database.Source,
                    nothingToDo = adoption.NothingToDo,
                    pending = adoption.Pending,
                }
            );
            return ExitCode.AsExpected;
        }

        Show(report, plan);
        ShowEnd(report, plan, where, recorded);
        report.Json(
            new
            {
                database = database.Connection.ToString(),
                source = database.Source,
                adopted = recorded,
                canBeAdopted = plan.InTheWay.Count == 0,
                findings = plan.Findings,
                record = plan.Record,
                pending = plan.Pending,
                oldRunner = plan.OldRunner,
            }
        );
        return plan.InTheWay.Count == 0 ? ExitCode.AsExpected : ExitCode.DiffersOrRefused;
    }

    private static void Show(Report report, AdoptionPlan plan)
    {
        // Comments change nothing that runs: how many is enough to read.
        var comments = plan
            .Findings.Where(IsComment)
            .GroupBy(f => f.Object)
            .Select(g => new Finding(Verdict.Changes, g.Key, "comments", $"{g.Count()} are set"));
        report.Table(
            ["", "object", "what"],
            plan.Findings.Where(f => !IsComment(f)).Concat(comments).OrderBy(f => f.Verdict).ToList(),
            f => [Word(f.Verdict), f.Property is null ? f.Object : $"{f.Object}\n{f.Property}", Short(f.What)],
            f => f.What.Length == 0 ? $"{Word(f.Verdict)}: {f.Name}" : $"{Word(f.Verdict)}: {f.Name}: {Short(f.What)}"
        );
        foreach (var finding in plan.Findings.Where(f => f.Sql is not null))
        {
            report.Line();
            report.Line($"-- {finding.Name}: {finding.What}.");
            report.Line(finding.Sql!);
        }

        report.Line();
    }

    private static void ShowEnd(Report report, AdoptionPlan plan, string where, bool recorded)
    {
        var count = plan.Findings.Where(f => !IsComment(f)).ToLookup(f => f.Verdict);
        report.Line(
            $"{count[Verdict.Same].Count()} objects are the same, {count[Verdict.Changes].Count()} things are changed by the pending migrations, "
                + $"{count[Verdict.Stays].Count()} stay as they are, {count[Verdict.InTheWay].Count()} {(count[Verdict.InTheWay].Count() == 1 ? "stands" : "stand")} in the way."
        );
        if (plan.OldRunner is { } files)
        {
            report.Line(
                $"The old runner recorded {files.Count} {(files.Count == 1 ? "file" : "files")} in public._migrations. The table is kept; let the runner not run again."
            );
        }

        if (plan.InTheWay.Count > 0)
        {
            report.Line(
                $"Nothing was recorded at {where}. Mend what stands in the way with the SQL above, then look again: {AsTyped("--plan")}",
                "red"
            );
            return;
        }

        report.Line($"{(recorded ? "Recorded" : "Would be recorded")} as applied at {where}:");
        foreach (var id in plan.Record)
        {
            report.Line($"  {id}");
        }

        report.Line("Pending, for the bundle:");
        foreach (var id in plan.Pending)
        {
            report.Line($"  {id}");
        }

        var allow = plan.IsOutOfOrder ? " -- --allow-out-of-order" : "";
        report.Line(
            recorded
                ? $"Now look at what the bundle will do (artifacts/efbundle -- --plan), run it (artifacts/efbundle{allow}), then: {ToolCommand.OnDatabase(["verify"])}"
                : "Nothing was changed. To record it: " + AsTyped(),
            "green"
        );
    }

    private static string AsTyped(params string[] how) =>
        ToolCommand.Of([.. ToolCommand.Arguments.Where(word => word != "--plan"), .. how]);

    private static bool IsComment(Finding finding) =>
        finding.Verdict == Verdict.Changes && finding.Property?.StartsWith("comment", StringComparison.Ordinal) == true;

    private static string Word(Verdict verdict) =>
        verdict == Verdict.InTheWay ? "in the way" : verdict.ToString().ToLowerInvariant();

    private static string Short(string text) => text.Length <= WidestWhat ? text : $"{text[..WidestWhat]} …";
}
