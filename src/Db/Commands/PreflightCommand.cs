using System.CommandLine;
using Db.Bundles;
using Db.Console;
using Db.Databases;
using Db.Preflight;

namespace Db.Commands;

/// <summary><c>db preflight</c>: may this bundle be released to this database now?</summary>
internal static class PreflightCommand
{
    public static Command Create()
    {
        var connection = ConnectionOption.Create();
        var folder = ReleaseFolderOption.Create();
        var bundle = new Option<string>("--bundle")
        {
            Description = "The bundle to release.",
            HelpName = "file",
            DefaultValueFactory = _ => Path.Combine("artifacts", "efbundle"),
        };
        var backups = new Option<string?>("--backups", "--in")
        {
            Description = "Where backups are kept; the usual place of 'db backup' where this is not given.",
            HelpName = "folder",
        };
        var rehearsal = new Option<string?>("--rehearsal")
        {
            Description = "What 'db rehearse' has written; artifacts/rehearsal.json where this is not given.",
            HelpName = "file",
        };
        var reviewedPlan = new Option<string?>("--reviewed-plan")
        {
            Description = "The digest of the plan that a person has looked at (efbundle -- --plan prints it).",
            HelpName = "digest",
        };
        var reviewedBy = new Option<string?>("--reviewed-by")
        {
            Description = "Who has looked at the plan.",
            HelpName = "name",
        };
        var outsideWindow = new Option<string?>("--outside-window")
        {
            Description = "Release outside of the agreed hours, with the reason that stands in the report.",
            HelpName = "reason",
        };
        var accept = new Option<string[]>("--accept")
        {
            Description = "Let a check fail, with the reason: --accept rehearsed=\"a hotfix\".",
            HelpName = "check=reason",
            Arity = ArgumentArity.OneOrMore,
        };
        var rails = new Argument<string[]>(CommandLine.RailsArguments)
        {
            Description = "What stands after -- goes to the bundle's rails.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new DocumentedCommand(
            "preflight",
            "Check whether this bundle may be released to this database now: each line of the guide, with its evidence.",
            $"""
            Checks: {string.Join(", ", PreflightRun.Checks.Select(c => c.Id))}; docs/preflight.md says what each asks.
            Exit code 1 where one fails. Nothing is changed.

            Examples:
              db preflight --bundle artifacts/efbundle
              db preflight --reviewed-plan 3f9c2a1b00d4e5f6 --reviewed-by "the release engineer"
            """
        )
        {
            connection,
            folder,
            bundle,
            backups,
            rehearsal,
            reviewedPlan,
            reviewedBy,
            outsideWindow,
            accept,
            rails,
        };
        command.SetAction(
            async (parsed, ct) =>
            {
                var report = CommandLine.ReportOf(parsed);
                var accepted = Accepted(parsed.GetValue(accept) ?? []);
                var settings = Settings(parsed.GetValue(folder));
                var database = await NamedDatabase.FindAsync(parsed.GetValue(connection), ct);
                var file = await BundleFile.OpenAsync(parsed.GetValue(bundle)!, ct);
                await using var session = await database.OpenAsync(ct);
                var context = new PreflightContext
                {
                    Database = database,
                    Connection = session,
                    Bundle = file.For(database.Connection),
                    Settings = settings,
                    Backups = parsed.GetValue(backups),
                    Rehearsal = parsed.GetValue(rehearsal),
                    ReviewedPlan = parsed.GetValue(reviewedPlan),
                    ReviewedBy = parsed.GetValue(reviewedBy),
                    OutsideWindow = parsed.GetValue(outsideWindow),
                    Accepted = accepted,
                    CriticalQueries = CriticalQueries(parsed.GetValue(folder)),
                    RailsArguments = parsed.GetValue(rails) ?? [],
                };
                return await RunAsync(report, context, ct);
            }
        );
        return command;
    }

    private static async Task<int> RunAsync(Report report, PreflightContext context, CancellationToken ct)
    {
        var result = await PreflightRun.RunAsync(context, report.Progress, ct);
        Show(report, result, $"{context.Database.Connection} (named by {context.Database.Source})");
        report.Json(
            new
            {
                database = context.Database.Connection.ToString(),
                source = context.Database.Source,
                result.MayBegin,
                result.PlanDigest,
                result.BundleSha256,
                result.Checks,
            }
        );
        return result.MayBegin ? ExitCode.AsExpected : ExitCode.DiffersOrRefused;
    }

    /// <summary>Shows each check, and one line that sums them up.</summary>
    public static void Show(Report report, PreflightReport result, string where)
    {
        report.Table(
            ["", "check", "evidence", "what to do"],
            result.Checks,
            c => [Word(c), $"{c.Title} ({c.Id})", c.Evidence, c.ToDo ?? ""],
            c => $"{Word(c), -4} {c.Id}: {c.Evidence}{(c.ToDo is null ? "" : $" -> {c.ToDo}")}"
        );
        report.Line(
            result.MayBegin
                ? $"A release may begin at {where}."
                : $"No release at {where} yet: {string.Join(", ", result.Failed.Select(c => c.Id))}. Nothing was changed.",
            result.MayBegin ? "green" : "red"
        );
    }

    /// <summary>The checks that may fail, each with its reason.</summary>
    /// <exception cref="CouldNotRunException">There is no such check, or no reason.</exception>
    public static IReadOnlyDictionary<string, string> Accepted(IEnumerable<string> typed)
    {
        var accepted = new Dictionary<string, string>();
        foreach (var text in typed)
        {
            var (id, reason) = text.IndexOf('=') is > 0 and var at
                ? (text[..at].Trim(), text[(at + 1)..].Trim())
                : (text, "");
            if (PreflightRun.Checks.All(c => c.Id != id))
            {
                throw new CouldNotRunException(
                    $"--accept {id}: there is no such check; there are {string.Join(", ", PreflightRun.Checks.Select(c => c.Id))}."
                );
            }

            accepted[id] =
                reason.Length > 0
                    ? reason
                    : throw new CouldNotRunException(
                        $"--accept {id}: say why, for the report: --accept {id}=\"reason\""
                    );
        }

        return accepted;
    }

    private static ReleaseSettings Settings(string? folder) =>
        folder is null && ReleaseFolder.FindOrNull() is null
            ? ReleaseSettings.Default
            : ReleaseSettings.Read(ReleaseFolder.Find(folder).Settings);

    private static string? CriticalQueries(string? folder) =>
        (folder is null ? ReleaseFolder.FindOrNull() : ReleaseFolder.Find(folder)) is { } found
        && Directory.Exists(found.CriticalQueries)
            ? found.CriticalQueries
            : null;

    private static string Word(PreflightResult check) => check.Outcome.ToString().ToLowerInvariant();
}
