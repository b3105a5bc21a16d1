using System.CommandLine;
using Db.Console;
using Db.Databases;
using Db.Notifying;

namespace Db.Commands;

/// <summary><c>db notify</c>: tells the team, as <c>db release</c> does.</summary>
internal static class NotifyCommand
{
    public static Command Create()
    {
        var @event = new Argument<ReleaseEvent>("event")
        {
            Description = "started, finished or failed.",
            CustomParser = TypedArgument.OneOf<ReleaseEvent>(),
        };
        var release = new Option<string>("--name")
        {
            Description = "The release, as people call it.",
            HelpName = "name",
            DefaultValueFactory = _ => "of the database",
        };
        var summary = new Option<string>("--summary")
        {
            Description = "One sentence.",
            HelpName = "text",
            DefaultValueFactory = _ => "Sent by hand.",
        };
        var connection = ConnectionOption.Create();
        var folder = ReleaseFolderOption.Create();
        var command = new DocumentedCommand(
            "notify",
            $"Tell the team by the webhook in {ReleaseWebhook.Variable}; also a way to try it out.",
            """
            Slack's addresses get Slack's form, others JSON with every part by its name; "webhook": { "format": "slack" } in
            release/release.json decides otherwise (Mattermost, Rocket.Chat). Passwords are taken out of whatever is said.
            Exit code 1 where it was not accepted, after four attempts; 2 where no webhook is set.

            Examples:
              db notify started --name 2026-11 --summary "Two migrations; about three minutes."
              db notify finished
            """
        )
        {
            @event,
            release,
            summary,
            connection,
            folder,
        };
        command.SetAction(
            (parsed, ct) =>
                RunAsync(
                    CommandLine.ReportOf(parsed),
                    new ReleaseNotice(
                        parsed.GetValue(@event),
                        parsed.GetValue(release)!,
                        "",
                        parsed.GetValue(summary)!,
                        []
                    ),
                    parsed.GetValue(connection),
                    parsed.GetValue(folder),
                    ct
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        Report report,
        ReleaseNotice notice,
        string? typed,
        string? folder,
        CancellationToken ct
    )
    {
        var settings =
            folder is null && ReleaseFolder.FindOrNull() is null
                ? ReleaseSettings.Default
                : ReleaseSettings.Read(ReleaseFolder.Find(folder).Settings);
        var webhook = ReleaseWebhook.FromEnvironment(settings.WebhookFormat);
        if (webhook.Problem is { } problem)
        {
            throw new CouldNotRunException($"{problem}. Set it to the address that the chat gave you.");
        }

        var database = await NamedDatabase.FindAsync(typed, ct);
        var delivery = await webhook.SendAsync(notice with { Database = Named(database) }, ct);
        if (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException(ct);
        }

        report.Line(
            delivery.Delivered
                ? $"Told {delivery.Host}{(delivery.Attempts > 1 ? $" at the {Ordinal(delivery.Attempts)} attempt" : "")}."
                : $"{delivery.Host} was not told: {delivery.Problem}; {delivery.Attempts} {(delivery.Attempts == 1 ? "attempt" : "attempts")}. "
                    + "A release goes on without it.",
            delivery.Delivered ? "green" : "red"
        );
        report.Json(delivery);
        return delivery.Delivered ? ExitCode.AsExpected : ExitCode.DiffersOrRefused;
    }

    private static string Named(NamedDatabase database) =>
        $"{database.Connection.Server}/{database.Connection.Database}";

    private static string Ordinal(int number) =>
        number switch
        {
            2 => "second",
            3 => "third",
            _ => $"{number}th",
        };
}
