using System.CommandLine;
using System.CommandLine.Parsing;
using Db.Console;
using LocalPostgres;
using MigrationSafety;
using MigrationSafety.Connections;
using Npgsql;

namespace Db.Commands;

/// <summary>The command line: which commands there are, and what an error and an interruption become.</summary>
internal static class CommandLine
{
    private const string Ended = "Ended before it was done; nothing is left half-done.";

    private const string Misplaced = "An argument is in the wrong place. (It is not shown: it may hold a password.)";

    // What System.CommandLine makes of SIGTERM: 128 + 15.
    private const int Terminated = 143;

    private static readonly TimeSpan _toEnd = TimeSpan.FromSeconds(30);

    // Its bundle may take a minute to roll back; then the database is asked how it stands, and the team is told.
    private static readonly TimeSpan _toEndRelease = TimeSpan.FromMinutes(3);

    private static readonly Option<bool> _json = new("--json")
    {
        Description = "Write the result as one JSON document.",
        Recursive = true,
    };

    private static readonly Option<bool> _verbose = new("--verbose", "-v")
    {
        Description = "Show the whole exception behind an error.",
        Recursive = true,
    };

    private static readonly Option<bool> _noColor = new("--no-color")
    {
        Description = "No colour; the variable NO_COLOR does the same.",
        Recursive = true,
    };

    /// <summary>Runs a command and returns the process's exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand(
            """
            Works with this project's database: a server for development, its schema, its migrations.

            Exit codes: 0 as expected; 1 something differs or was refused; 2 the command could not run;
            130 ended by Ctrl-C, SIGTERM or a lost terminal, with nothing left half-done.

            Which database: MIGRATE_DATABASE_URL, else DATABASE_URL, else --connection, else this checkout's
            development server. A --connection that leads elsewhere than the environment is refused.

            Examples:
              db up                                     a development database, from nothing
              db status                                 what is applied, who am I, what am I allowed
              db verify --connection postgresql://…     is a live database as the migrations made it?
              db policies                               does everybody reach the rows that docs/personas.md says?
              db queries                                do the queries the application lives by still work?
              db adopt --plan                           take over a database that numbered SQL files made
            """
        )
        {
            UpCommand.Create(),
            DownCommand.Create(),
            StatusCommand.Create(),
            VerifyCommand.Create(),
            PreflightCommand.Create(),
            PoliciesCommand.Create(),
            QueriesCommand.Create(),
            WatchCommand.Create(),
            WindowCommand.Create(),
            NotifyCommand.Create(),
            AdoptCommand.Create(),
            SnapshotCommand.Create(),
            ShipCommand.Create(),
            ReleaseCommand.Create(),
            ReportCommand.Create(),
            BackupCommand.Create(),
            RestoreCommand.Create(),
            RehearseCommand.Create(),
            TraceCommand.Create(),
            LintCommand.Create(),
        };
        root.Add(_json);
        root.Add(_verbose);
        root.Add(_noColor);
        DocumentedCommand.ShowDetailsIn(root);

        // A connection string may begin with @ where its password does: no response files.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (args.Length == 0)
        {
            await root.Parse(["--help"]).InvokeAsync();
            return ExitCode.CouldNotRun;
        }

        var report = ReportOf(parsed);
        if (parsed.Errors.Count > 0)
        {
            // Its own messages repeat what was typed, which may be a connection string with a password in it.
            var problems = parsed.Errors.Select(e => Redacted(e.Message)).Distinct();
            var help = string.Join(' ', ["db", .. CommandsTo(parsed.CommandResult), "--help"]);
            Fail(report, string.Join(Environment.NewLine, problems) + Environment.NewLine + $"See: {help}");
            return ExitCode.CouldNotRun;
        }

        if (Stray(parsed, args) is { } stray)
        {
            Fail(report, stray);
            return ExitCode.CouldNotRun;
        }

        try
        {
            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                // A cancelled statement must be rolled back, a server stopped half-way started or stopped: give it time.
                ProcessTerminationTimeout =
                    parsed.CommandResult.Command.Name == ReleaseCommand.Name ? _toEndRelease : _toEnd,
            };
            using var hangup = new Hangup();
            var code = await parsed.InvokeAsync(configuration, hangup.Token);
            if (code is not (ExitCode.Cancelled or Terminated))
            {
                return code == ExitCode.CancelledAndSaid ? ExitCode.Cancelled : code;
            }

            // The library raced the command's own end and won: nobody has said it yet.
            Fail(report, Ended);
            return ExitCode.Cancelled;
        }
        catch (Exception e)
        {
            var (code, message) = Explain(e);
            Fail(report, message);
            if (report.IsVerbose)
            {
                report.Error(e.ToString());
            }

            return code;
        }
    }

    /// <summary>The name of the argument that takes what stands behind a lone <c>--</c>.</summary>
    public const string RailsArguments = "rails arguments";

    /// <summary>The report that a command writes to.</summary>
    public static Report ReportOf(ParseResult parsed) =>
        new(parsed.GetValue(_json), parsed.GetValue(_noColor), parsed.GetValue(_verbose));

    /// <summary>The names of the commands that lead to this one, such as backup and verify.</summary>
    private static IEnumerable<string> CommandsTo(CommandResult command) =>
        command.Parent is CommandResult parent ? [.. CommandsTo(parent), command.Command.Name] : [];

    private static void Fail(Report report, string message)
    {
        report.Error(message);
        report.Json(new { error = message });
    }

    /// <summary>What an exception becomes: the exit code, and the message without a stack trace.</summary>
    public static (int Code, string Message) Explain(Exception exception) =>
        exception switch
        {
            InterruptedException => (ExitCode.Cancelled, exception.Message),
            OperationCanceledException => (ExitCode.Cancelled, Ended),
            RefusedException or MigrationRefusedException => (ExitCode.DiffersOrRefused, exception.Message),
            CouldNotRunException or ConnectionStringException or NoServerException or MigrationSafetyException => (
                ExitCode.CouldNotRun,
                exception.Message
            ),
            PostgresException e => (
                ExitCode.CouldNotRun,
                $"The server answered: {e.MessageText} ({e.SqlState}).{(e.Hint is { } hint ? $" {hint}" : "")}"
            ),
            NpgsqlException e => (ExitCode.CouldNotRun, $"The connection to the server failed: {e.Message}"),
            IOException or UnauthorizedAccessException => (ExitCode.CouldNotRun, exception.Message),
            _ => (
                ExitCode.CouldNotRun,
                $"{exception.GetType().Name}: {exception.Message} This should not happen; run it again with --verbose to see where."
            ),
        };

    // The rails take what stands behind --. A mistyped option of ours in front of it would be taken for one of theirs.
    private static string? Stray(ParseResult parsed, string[] args)
    {
        var taken = parsed
            .CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .Select(token => token.Value)
            .ToList();
        var behind = args.SkipWhile(word => word != "--").Skip(1).Count();
        if (!parsed.CommandResult.Command.Arguments.Any(a => a.Name == RailsArguments) || taken.Count <= behind)
        {
            return null;
        }

        var first = taken[0];
        var command = parsed.CommandResult.Command.Name;
        return first.StartsWith('-')
            ? $"db {command} has no option {first.Split('=')[0]}. What is meant for the bundle's rails stands behind a lone --.{Environment.NewLine}See: db {command} --help"
            : $"{Misplaced} What is meant for the bundle's rails stands behind a lone --.{Environment.NewLine}See: db {command} --help";
    }

    private static string Redacted(string message) =>
        message.Contains("://", StringComparison.Ordinal) || message.Contains('=') ? Misplaced : message;
}
