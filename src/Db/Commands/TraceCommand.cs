using System.CommandLine;
using Data.Access;
using Data.Migrations;
using Db.Console;
using Db.Databases;
using Db.Tracing;
using LocalPostgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Connections;

namespace Db.Commands;

/// <summary><c>db trace</c>: what do migrations really do to tables that hold rows?</summary>
internal static class TraceCommand
{
    private const int MostRows = 1_000_000;

    public static Command Create()
    {
        var migrations = new Argument<string[]>("migration")
        {
            Description = "Migrations by name or id; without one, those that are pending on the database.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var all = new Option<bool>("--all") { Description = "Every migration of this build; asks no database." };
        var pending = new Option<bool>("--pending")
        {
            Description = "Those that are pending on the database; the default where none is named.",
        };
        var connection = ConnectionOption.Create();
        var rows = new Option<int>("--rows")
        {
            Description = "Rows to make for each table.",
            DefaultValueFactory = _ => 1000,
            CustomParser = TypedArgument.WholeNumber(least: 10, MostRows),
        };
        var noDown = new Option<bool>("--no-down") { Description = "Trace only the way up." };
        var noPrevious = new Option<bool>("--no-n-1")
        {
            Description =
                "Do not run the previous release's model against the new schema, nor the new one against the old.",
        };
        var role = new Option<string?>("--role")
        {
            Description = $"The role that the application acts as, for these two; {Persona.Service.Role} by default.",
            HelpName = "role",
        };
        var command = new DocumentedCommand(
            "trace",
            "Run migrations on a scratch server full of rows, and report what PostgreSQL locks, rewrites, reads and drops.",
            """
            Each migration runs on the rails, Up and Down, on a copy of the schema before it whose tables hold generated
            rows. Reported for each statement: locks and who waits for them, tables rewritten or read from end to end, rows
            changed, objects dropped, indexes left invalid. Then the previous release's model reads and writes the new schema.
            A named database is only asked which migrations are pending.
            Exit code 1 where a danger is found that the migration does not accept with [AcceptHazard].

            Examples:
              db trace AddPhone
              db trace --all
              MIGRATE_DATABASE_URL=postgresql://owner@db.example.com/app db trace --pending --json
            """
        )
        {
            migrations,
            all,
            pending,
            connection,
            rows,
            noDown,
            noPrevious,
            role,
        };
        command.SetAction(
            async (parsed, ct) =>
            {
                var report = CommandLine.ReportOf(parsed);
                var wanted = await WantedAsync(
                    report,
                    parsed.GetValue(migrations) ?? [],
                    parsed.GetValue(all),
                    parsed.GetValue(pending),
                    parsed.GetValue(connection),
                    ct
                );
                return wanted.Count == 0
                    ? ExitCode.AsExpected
                    : await RunAsync(
                        report,
                        wanted,
                        new TraceOptions(
                            parsed.GetValue(rows),
                            !parsed.GetValue(noDown),
                            !parsed.GetValue(noPrevious),
                            parsed.GetValue(role) ?? Persona.Service.Role
                        ),
                        ct
                    );
            }
        );
        return command;
    }

    private static async Task<int> RunAsync(
        Report report,
        IReadOnlyCollection<string> wanted,
        TraceOptions options,
        CancellationToken ct
    )
    {
        await using var server = await ThrowAwayServer.StartAsync(ct: ct);
        var trace = await new MigrationTrace(server, DesignTimeFactory.CreateFor, options, report.Progress).RunAsync(
            wanted,
            ct
        );
        TraceText.Show(report, trace);
        report.Json(trace);
        return trace.Dangers.Any() ? ExitCode.DiffersOrRefused : ExitCode.AsExpected;
    }

    private static async Task<IReadOnlyCollection<string>> WantedAsync(
        Report report,
        IReadOnlyList<string> named,
        bool all,
        bool pending,
        string? connection,
        CancellationToken ct
    )
    {
        using var context = DesignTimeFactory.CreateFor("Host=localhost");
        var assembly = context.GetService<IMigrationsAssembly>();
        if (all)
        {
            return [.. assembly.Migrations.Keys];
        }

        if (named.Count > 0 && pending)
        {
            throw new CouldNotRunException("Either --pending, or migrations by name; not both.");
        }

        if (named.Count > 0)
        {
            return
            [
                .. named.Select(name =>
                    assembly.FindMigrationId(name)
                    ?? throw new CouldNotRunException(
                        $"There is no migration \"{name}\" in this build. "
                            + (
                                NearestName.Of(name, assembly.Migrations.Keys.Select(NameOf)) is { } near
                                    ? $"Did you mean {near}?"
                                    : "All of them: " + ToolCommand.OnDatabase(["trace", "--all"])
                            )
                    )
                ),
            ];
        }

        NamedDatabase database;
        try
        {
            database = await NamedDatabase.FindAsync(connection, ct);
        }
        catch (CouldNotRunException e) when (!pending)
        {
            throw new CouldNotRunException(
                $"Which migrations? Name them, or take all: {ToolCommand.Of(["trace", "--all"])}. Without either those that are pending on a database are traced. {e.Message}"
            );
        }

        await using var session = await database.OpenAsync(ct);
        var state = await Databases.Migrations.ReadAsync(session, ct);
        if (state.Pending.Count == 0)
        {
            report.Line(
                $"Nothing is pending at {database.Connection} (named by {database.Source}), so nothing was traced. By name, or all: {ToolCommand.Of(["trace", "--all"])}"
            );
            report.Json(new { migrations = Array.Empty<object>() });
        }

        return state.Pending;
    }

    private static string NameOf(string id) => id.Split('_', 2) is [_, var name] ? name : id;
}
