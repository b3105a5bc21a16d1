using System.CommandLine;
using Db.Console;
using LocalPostgres;

namespace Db.Commands;

/// <summary><c>db down</c>: stops the development server, and deletes it where that is asked for and confirmed.</summary>
internal static class DownCommand
{
    public static Command Create()
    {
        var destroy = new Option<bool>("--destroy")
        {
            Description = "Delete the server with all its data, after asking.",
        };
        var yes = new Option<bool>("--yes", "-y")
        {
            Description = "Do not ask; needed for --destroy where nobody can answer.",
        };
        var command = new DocumentedCommand(
            "down",
            "Stop this checkout's development server. Its data is kept for the next 'db up'.",
            """
            Examples:
              db down
              db down --destroy --yes
            """
        )
        {
            destroy,
            yes,
        };
        command.SetAction(
            (parsed, ct) => RunAsync(CommandLine.ReportOf(parsed), parsed.GetValue(destroy), parsed.GetValue(yes), ct)
        );
        return command;
    }

    private static async Task<int> RunAsync(Report report, bool destroy, bool yes, CancellationToken ct)
    {
        var checkout = Checkout.Find();
        var server = await DevelopmentServer.FindAsync(new() { Checkout = checkout.Directory }, ct);
        if (server is null)
        {
            report.Line("This checkout has no development server.");
            report.Json(
                new
                {
                    existed = false,
                    stopped = false,
                    destroyed = false,
                }
            );
            return ExitCode.AsExpected;
        }

        if (destroy && !yes)
        {
            Confirm(report, server);
        }

        var ran = server.IsRunning;
        await server.DownAsync(destroy, ct);
        report.Line(
            destroy ? $"Deleted the development server and its data ({server.Data})."
            : ran ? $"Stopped {server.Description}. Its data is kept in {server.Data}."
            : $"It was stopped already. Its data is kept in {server.Data}."
        );
        report.Json(
            new
            {
                existed = true,
                stopped = ran,
                destroyed = destroy,
            }
        );
        return ExitCode.AsExpected;
    }

    private static void Confirm(Report report, DevelopmentServer server)
    {
        if (!report.IsTerminal || System.Console.IsInputRedirected)
        {
            throw new RefusedException(
                $"--destroy deletes the development server with all its data ({server.Data}), and there is nobody to ask. "
                    + $"Nothing was done. Say so with: {ToolCommand.Of(["down", "--destroy", "--yes"])}"
            );
        }

        System.Console.Write($"Delete the development server with all its data ({server.Data})? [y/N] ");
        if (System.Console.ReadLine()?.Trim() is not ("y" or "Y" or "yes"))
        {
            throw new RefusedException("Nothing was deleted.");
        }
    }
}
