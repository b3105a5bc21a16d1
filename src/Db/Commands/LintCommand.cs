using System.CommandLine;
using Db.Console;
using Db.Databases;
using Db.Linting;
using Db.Linting.Formats;
using MigrationSafety.Hazards;

namespace Db.Commands;

/// <summary><c>db lint</c>: names the hazards in migrations, or in SQL that is somebody else's, and what to write instead.</summary>
internal static class LintCommand
{
    public static Command Create()
    {
        var migrations = new Argument<string[]>("MIGRATION")
        {
            Description = "The migrations to look at, by name or id; all where none is named.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var format = new Option<LintFormat>("--format")
        {
            Description =
                "text for people; json; sarif for code scanning; github for annotations; junit for build servers.",
            HelpName = "text|json|sarif|github|junit",
            CustomParser = TypedArgument.OneOf<LintFormat>(),
        };
        var output = new Option<string?>("--output", "-o")
        {
            Description = "Write the result into this file; a summary is still said.",
            HelpName = "file",
        };
        var since = new Option<string?>("--since")
        {
            Description = "Only migrations after this one.",
            HelpName = "MIGRATION",
        };
        var pending = new Option<bool>("--pending")
        {
            Description = "Only migrations that the database does not have yet.",
        };
        var noDown = new Option<bool>("--no-down") { Description = "Leave the ways down out." };
        var sql = new Option<string[]>("--sql")
        {
            Description = "Files of SQL to look at instead of the migrations, in the order in which they run.",
            HelpName = "file…",
            AllowMultipleArgumentsPerToken = true,
        };
        var schema = new Option<string?>("--schema")
        {
            Description = "What exists before --sql runs: a file of SQL, or a database as postgresql://…",
            HelpName = "file|url",
        };
        var transaction = new Option<bool>("--single-transaction")
        {
            Description = "Each file of --sql runs in one transaction, as Flyway and golang-migrate do it.",
        };
        var live = new Option<bool>("--live")
        {
            Description = "Ask the database for what only it knows: indexes that nothing uses.",
        };
        var connection = ConnectionOption.Create();
        var command = new DocumentedCommand(
            "lint",
            "Name the hazards in the migrations, Up and Down, and say what to write instead.",
            """
            Exit codes: 0 nothing that nobody has accepted; 1 hazards were found; 2 could not run.
            A hazard is accepted by [AcceptHazard("id", "reason")] on the migration's class, or in a file of SQL by
            the comment -- accept: id (reason) above the statement. docs/hazards has a page for each.

            Examples:
              db lint
              db lint AddInvoices --format github
              db lint --pending --connection postgresql://…
              db lint --sql change.sql --schema postgresql://… --format sarif --output lint.sarif
            """
        )
        {
            migrations,
            format,
            output,
            since,
            pending,
            noDown,
            sql,
            schema,
            transaction,
            live,
            connection,
        };
        command.SetAction(
            (parsed, ct) =>
                RunAsync(
                    CommandLine.ReportOf(parsed),
                    new Wish(
                        parsed.GetValue(migrations) ?? [],
                        parsed.GetValue(format),
                        parsed.GetValue(output),
                        parsed.GetValue(since),
                        parsed.GetValue(pending),
                        !parsed.GetValue(noDown),
                        parsed.GetValue(sql) ?? [],
                        parsed.GetValue(schema),
                        parsed.GetValue(transaction),
                        parsed.GetValue(live),
                        parsed.GetValue(connection)
                    ),
                    ct
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(Report report, Wish wish, CancellationToken ct)
    {
        Refuse(wish);
        var linter = new Linter(new HazardOptions { FilesRunInOneTransaction = wish.SingleTransaction });
        var outcome =
            wish.Sql.Count > 0
                ? await linter.FilesAsync(wish.Sql, wish.Schema, ct)
                : await OfMigrationsAsync(report, linter, wish, ct);
        if (wish.Live)
        {
            var database = await NamedDatabase.FindAsync(wish.Connection, ct);
            outcome = outcome with { Subjects = [.. outcome.Subjects, await Linter.DatabaseAsync(database, ct)] };
        }

        foreach (var unread in linter.NotRead)
        {
            report.Progress(
                $"Not read, and so not checked: {unread.Where.File ?? unread.Where.Migration}{(unread.Where.Line > 0 ? $":{unread.Where.Line}" : "")}: {unread.Why}"
            );
        }

        await WriteAsync(report, wish, outcome, ct);
        return outcome.Unaccepted.Any() ? ExitCode.DiffersOrRefused : ExitCode.AsExpected;
    }

    private static async Task<LintOutcome> OfMigrationsAsync(
        Report report,
        Linter linter,
        Wish wish,
        CancellationToken ct
    )
    {
        var ids = Linter.Ids();
        IEnumerable<string> wanted = ids;
        if (wish.Migrations.Count > 0)
        {
            wanted = wish.Migrations.Select(name => Linter.Resolve(name, ids)).ToList();
        }

        if (wish.Since is { } since)
        {
            var first = Linter.Resolve(since, ids);
            wanted = wanted.Where(id => string.Compare(id, first, StringComparison.OrdinalIgnoreCase) > 0);
        }

        if (wish.Pending)
        {
            var database = await NamedDatabase.FindAsync(wish.Connection, ct);
            await using var connection = await database.OpenAsync(ct);
            var pending = (await Migrations.ReadAsync(connection, ct)).Pending;
            report.Progress($"{pending.Count} migrations are pending on {database.Connection}.");
            wanted = wanted.Where(pending.Contains);
        }

        var chosen = wanted.ToHashSet(StringComparer.Ordinal);
        return linter.Migrations(
            chosen.Contains,
            wish.WithDown,
            Checkout.Above(Environment.CurrentDirectory)?.Directory ?? Environment.CurrentDirectory
        );
    }

    private static async Task WriteAsync(Report report, Wish wish, LintOutcome outcome, CancellationToken ct)
    {
        var format = report.IsJson ? LintFormat.Json : wish.Format;
        var text = format switch
        {
            LintFormat.Json => LintJson.Of(outcome),
            LintFormat.Sarif => LintSarif.Of(outcome),
            LintFormat.GitHub => LintGitHub.Of(outcome),
            LintFormat.JUnit => LintJUnit.Of(outcome),
            _ => LintText.Of(outcome),
        };
        if (wish.Output is { } path)
        {
            await File.WriteAllTextAsync(path, text + "\n", ct);
            report.Progress($"{outcome.Summary} Written to {path}.");
        }
        else if (format == LintFormat.Text)
        {
            report.Line(text, outcome.Unaccepted.Any() ? null : "green");
        }
        else
        {
            // As it is: a table or a colour would make it another format.
            await System.Console.Out.WriteLineAsync(text.AsMemory(), ct);
        }
    }

    private static void Refuse(Wish wish)
    {
        var problem =
            wish.Sql.Count > 0 && (wish.Migrations.Count > 0 || wish.Since is not null || wish.Pending)
                ? "--sql looks at files, and MIGRATION, --since and --pending choose migrations: give one or the other."
            : wish.Schema is not null && wish.Sql.Count == 0
                ? "--schema says what exists before the files of --sql run; give --sql too."
            : wish.Connection is not null && !wish.Pending && !wish.Live
                ? "--connection names the database for --pending or --live; give one of them too."
            : null;
        if (problem is not null)
        {
            throw new CouldNotRunException(problem);
        }
    }

    private sealed record Wish(
        IReadOnlyList<string> Migrations,
        LintFormat Format,
        string? Output,
        string? Since,
        bool Pending,
        bool WithDown,
        IReadOnlyList<string> Sql,
        string? Schema,
        bool SingleTransaction,
        bool Live,
        string? Connection
    );
}
