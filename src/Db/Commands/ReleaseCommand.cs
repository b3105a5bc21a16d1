using System.CommandLine;
using Db.Bundles;
using Db.Console;
using Db.Databases;
using Db.Releasing;
using Db.Releasing.Reports;
using Db.Releasing.Steps;

namespace Db.Commands;

/// <summary><c>db release</c>: everything around the bundle, in one command with evidence.</summary>
internal static class ReleaseCommand
{
    public const string Name = "release";

    private static readonly Option<string> _bundle = new("--bundle")
    {
        Description = "The bundle to release.",
        HelpName = "file",
        DefaultValueFactory = _ => Path.Combine("artifacts", "efbundle"),
    };

    private static readonly Option<string> _releases = new("--releases")
    {
        Description = "Where the record and the report of each release are kept, in a folder each.",
        HelpName = "folder",
        DefaultValueFactory = _ => Path.Combine("artifacts", "releases"),
    };

    private static readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Say what each step would do. Nothing is changed and nothing is written.",
    };

    private static readonly Option<bool> _resume = new("--resume")
    {
        Description =
            "Go on with the release of this database that has no end, or failed after it had begun to migrate.",
    };

    private static readonly Option<bool> _abandon = new("--abandon")
    {
        Description = "Give up the release of this database that has no end, and begin a new one.",
    };

    private static readonly Option<bool> _rollback = new("--rollback-on-failure")
    {
        Description = "Take back what was applied if the release fails, where nothing would be lost by it.",
    };

    private static readonly Option<string> _watch = new("--watch")
    {
        Description = "How long the database is watched afterwards, for example 5m; 0 for not at all.",
        HelpName = "duration",
        DefaultValueFactory = _ => "5m",
    };

    private static readonly Option<string[]> _without = new("--without")
    {
        Description =
            "Leave a step out, with the reason that stands in the report: --without policies=\"no role to act as\".",
        HelpName = "step=reason",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> _reviewedPlan = new("--reviewed-plan")
    {
        Description = "The digest of the plan that a person has looked at (efbundle -- --plan prints it).",
        HelpName = "digest",
    };

    private static readonly Option<string?> _reviewedBy = new("--reviewed-by")
    {
        Description = "Who has looked at the plan.",
        HelpName = "name",
    };

    private static readonly Option<string?> _outsideWindow = new("--outside-window")
    {
        Description = "Release outside of the agreed hours, with the reason that stands in the report.",
        HelpName = "reason",
    };

    private static readonly Option<string[]> _accept = new("--accept")
    {
        Description = "Let a check of the preflight fail, with the reason: --accept rehearsed=\"a hotfix\".",
        HelpName = "check=reason",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> _rehearsal = new("--rehearsal")
    {
        Description = "The result of 'db rehearse'; its usual place where this is not given.",
        HelpName = "file",
    };

    private static readonly Option<string?> _folder = ReleaseFolderOption.Create();

    private static readonly Option<string?> _backups = new("--backups", "--in")
    {
        Description = "Where backups are kept; the usual place of 'db backup' where this is not given.",
        HelpName = "folder",
    };

    private static readonly Argument<string[]> _rails = new(CommandLine.RailsArguments)
    {
        Description = "What stands after -- goes to the bundle's rails, for example: -- --lock-wait 20min",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public static Command Create()
    {
        var connection = ConnectionOption.Create();
        var command = new DocumentedCommand(
            Name,
            "Check, back up, migrate, verify, watch and report, in one command with evidence.",
            """
            Each step is also a command of its own. A failure before the migration leaves the database as it was; after it,
            the message and the report say in what state the database is, and the exact commands to go on and to go back.
            The report is a page, Markdown and JSON, in a folder of its own; in GitHub's pipelines also the job's summary.

            Exit code 0 released; 1 refused, failed or rolled back; 2 could not run; 130 interrupted (--resume goes on).

            Examples:
              db release --bundle artifacts/efbundle --dry-run
              db release --bundle artifacts/efbundle --reviewed-plan 3f9c2a1b00d4e5f6 --reviewed-by "the release engineer"
              db release --bundle artifacts/efbundle --resume
            """
        )
        {
            connection,
            _bundle,
            _releases,
            _dryRun,
            _resume,
            _abandon,
            _rollback,
            _watch,
            _without,
            _reviewedPlan,
            _reviewedBy,
            _outsideWindow,
            _accept,
            _rehearsal,
            _folder,
            _backups,
            _rails,
        };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(connection), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string? typed, CancellationToken ct)
    {
        var report = CommandLine.ReportOf(parsed);
        var options = OptionsOf(parsed);
        var database = await NamedDatabase.FindAsync(typed, ct);
        var bundle = (await BundleFile.OpenAsync(parsed.GetValue(_bundle)!, ct)).For(database.Connection);
        var run = await StartAsync();
        if (parsed.GetValue(_dryRun))
        {
            return await DryRunAsync(report, run, ct);
        }

        var (record, folder) = await run.RunAsync(ct);
        Conclude(report, record, folder, run.NotKept);
        return record.Outcome switch
        {
            ReleaseOutcome.Released => ExitCode.AsExpected,
            _ when ct.IsCancellationRequested => ExitCode.CancelledAndSaid,
            _ => ExitCode.DiffersOrRefused,
        };

        async Task<ReleaseRun> StartAsync()
        {
            var (resume, abandon, dry) = (
                parsed.GetValue(_resume),
                parsed.GetValue(_abandon),
                parsed.GetValue(_dryRun)
            );
            return resume && abandon
                    ? throw new RefusedException(
                        "--resume goes on with a release and --abandon gives it up: name one of them."
                    )
                : resume ? ReleaseRun.Resume(options, database, bundle, Show)
                : await ReleaseRun.BeginAsync(options, database, bundle, abandon, dry, Show, ct);
        }

        void Show(ReleaseEvent e)
        {
            var line = $"{e.At.ToLocalTime():HH:mm:ss}  {e.Step, -10} {e.Text}";
            switch (e.Kind)
            {
                case ReleaseEventKind.Error:
                    report.Error(line);
                    break;
                default:
                    report.Progress(line);
                    break;
            }
        }
    }

    private static async Task<int> DryRunAsync(Report report, ReleaseRun run, CancellationToken ct)
    {
        var context = run.Context;
        var (bundle, database) = (context.Bundle, context.Database);
        var steps = (await run.IntentionsAsync(ct))
            .Select(s => new
            {
                step = s.Step.Id,
                title = s.Step.Title,
                would = s.Intention,
            })
            .ToList();
        var goesOn = context.Record.Steps.Count > 0 ? context.Record.Id : null;
        if (run.GivenUp is { } givenUp)
        {
            report.Line($"Release {givenUp}, which has no end, would be given up.");
        }

        if (run.WhatWasGivenUp is { } said)
        {
            report.Line(said);
        }

        report.Line(
            $"{(goesOn is null ? "Release" : $"The rest of release {goesOn}")} of {bundle.Path} to {database.Connection} (named by {database.Source}):"
        );
        report.Table(["step", "would"], steps, s => [s.title, s.would], s => $"  {s.step}: {s.would}");
        report.Line("Nothing was changed.");
        report.Json(
            new
            {
                database = database.Connection.ToString(),
                bundle = bundle.Path,
                bundleDigest = bundle.Digest,
                plan = context.Record.Plan,
                pending = context.Record.Pending,
                resumes = goesOn,
                givesUp = run.GivenUp,
                steps,
            }
        );
        return ExitCode.AsExpected;
    }

    private static void Conclude(Report report, ReleaseRecord record, RecordFolder folder, string? notKept)
    {
        report.Line();
        report.Line(
            $"{ReportWords.Headline(record)}: {record.Database}",
            ReportWords.Class(record) switch
            {
                "good" => "green",
                "look" => "yellow",
                _ => "red",
            }
        );
        foreach (var line in ReportWords.LeftOut(record))
        {
            report.Line(line);
        }

        // What failed comes first; what a step found in order stands in the report, and so does what it only warned of where others failed.
        var hasFailed = WhatToDo.Problems(record).Any();
        foreach (
            var step in record
                .LastSteps.Where(s =>
                    s.Result?.Outcome is StepOutcome.Failed or StepOutcome.Interrupted or StepOutcome.Warned
                )
                .OrderBy(s => s.Result!.Outcome == StepOutcome.Warned)
        )
        {
            report.Line();
            report.Line($"{step.Title}: {step.Result!.Summary}");
            if (hasFailed && step.Result.Outcome == StepOutcome.Warned && step.Id != RollBackStep.Name)
            {
                continue;
            }

            foreach (
                var evidence in step
                    .Result.Evidence.Where(e => !e.IsInOrder)
                    .OrderBy(e => !e.Value.StartsWith("fail:", StringComparison.Ordinal))
            )
            {
                report.Line(
                    $"  {evidence.Name}{(evidence.Value.Length > 0 ? $": {evidence.Value.ReplaceLineEndings(Environment.NewLine + "    ")}" : "")}"
                );
            }

            if (step.Result.ToDo is { } toDo)
            {
                report.Line($"To do: {toDo}");
            }
        }

        if (record.State.Count > 0)
        {
            report.Line();
            report.Line("State: " + string.Join(Environment.NewLine + "       ", record.State));
        }

        if (WhatToDo.Choice(record) is { } choice)
        {
            report.Line();
            report.Line(choice);
        }

        foreach (var (what, command, about) in WhatToDo.Commands(record))
        {
            report.Line($"{what}: {command}");
            foreach (var line in about)
            {
                report.Line(new string(' ', what.Length + 2) + line, "yellow");
            }
        }

        report.Line();
        report.Line(
            notKept is null
                ? $"Report: {folder.Page}"
                : $"The record and the report could not be written into {folder.Directory}: {notKept} Keep what stands above."
        );
        report.Json(record);
    }

    private static ReleaseOptions OptionsOf(ParseResult parsed)
    {
        var without = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in parsed.GetValue(_without) ?? [])
        {
            if (text.Split('=', 2) is not [var id, { Length: > 0 } reason])
            {
                throw new CouldNotRunException(
                    $"--without {text}: write the step and why it is left out: --without policies=\"…\""
                );
            }

            var ids = ReleaseSteps.All.Select(step => step.Id).Where(known => known != "migrate").ToList();
            if (!ids.Contains(id))
            {
                throw new CouldNotRunException(
                    $"--without {id}: there is no such step to leave out. There are: {string.Join(", ", ids)}."
                );
            }

            without[id] = reason;
        }

        var named = parsed.GetValue(_folder);
        var folder = named is null ? ReleaseFolder.FindOrNull() : ReleaseFolder.Find(named);
        return new ReleaseOptions
        {
            Folder = folder,
            NamedFolder = named,
            Typed = ToolCommand.Arguments,
            Accepted = PreflightCommand.Accepted(parsed.GetValue(_accept) ?? []),
            Rehearsal = parsed.GetValue(_rehearsal),
            WebhookFormat = folder is null ? null : ReleaseSettings.Read(folder.Settings).WebhookFormat,
            Releases = parsed.GetValue(_releases)!,
            RollbackOnFailure = parsed.GetValue(_rollback),
            Watch = DurationText.Parse("--watch", parsed.GetValue(_watch)!),
            Without = without,
            RailsArguments = parsed.GetValue(_rails) ?? [],
            ReviewedPlan = parsed.GetValue(_reviewedPlan),
            ReviewedBy = parsed.GetValue(_reviewedBy),
            OutsideWindow = parsed.GetValue(_outsideWindow),
            Backups = parsed.GetValue(_backups),
        };
    }
}
