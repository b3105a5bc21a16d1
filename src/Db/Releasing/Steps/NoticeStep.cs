using Db.Notifying;

namespace Db.Releasing.Steps;

/// <summary>Tells the team that it begins. A chat that is down stops no release.</summary>
internal sealed class NoticeStep : IReleaseStep
{
    public const string Name = "notify";

    public string Id => Name;

    public string Title => "Tell the team";

    public StepPhase Phase => StepPhase.Before;

    public string Intention(ReleaseContext context) =>
        Webhook(context) is { IsSet: true } webhook
            ? $"tell the team by the webhook at {webhook.Host}, now and at the end"
            : $"nothing: {ReleaseWebhook.Variable} is not set";

    public async Task<StepResult> RunAsync(ReleaseContext context, CancellationToken ct)
    {
        if (!Webhook(context).IsSet)
        {
            return StepResult.Skipped($"{ReleaseWebhook.Variable} is not set");
        }

        var pending = context.Record.Pending;
        return Outcome(
            await SendAsync(
                context,
                Db.Notifying.ReleaseEvent.Started,
                pending.Count == 0
                    ? "It begins; no migration is pending."
                    : $"It begins: {string.Join(", ", pending)}.",
                [],
                ct
            )
        );
    }

    /// <summary>Tells how it ended, at its end.</summary>
    public static async Task<StepResult?> EndAsync(ReleaseContext context, CancellationToken ct)
    {
        if (!Webhook(context).IsSet || context.Options.Without.ContainsKey("notify"))
        {
            return null;
        }

        var record = context.Record;
        var failure = Reports.ReportWords.Failures(record).LastOrDefault();
        return Outcome(
            await SendAsync(
                context,
                record.Outcome == ReleaseOutcome.Released
                    ? Db.Notifying.ReleaseEvent.Finished
                    : Db.Notifying.ReleaseEvent.Failed,
                $"{Reports.ReportWords.Headline(record)}{(failure is null ? "." : $": {failure}")}",
                [.. Reports.ReportWords.LeftOut(record), .. record.State],
                ct
            )
        );
    }

    private static Task<NoticeDelivery> SendAsync(
        ReleaseContext context,
        Db.Notifying.ReleaseEvent what,
        string summary,
        IReadOnlyList<string> details,
        CancellationToken ct
    ) =>
        Webhook(context)
            .SendAsync(new ReleaseNotice(what, context.Record.Id, context.Record.Database, summary, details), ct);

    private static StepResult Outcome(NoticeDelivery delivery) =>
        delivery.Delivered
            ? StepResult.Passed(
                $"told by the webhook at {delivery.Host}",
                new Evidence("attempts", $"{delivery.Attempts}")
            )
            : new StepResult(
                StepOutcome.Warned,
                $"the webhook did not accept it: {delivery.Problem}",
                [new Evidence("attempts", $"{delivery.Attempts}")],
                "tell the team by hand; the release goes on."
            );

    private static ReleaseWebhook Webhook(ReleaseContext context) =>
        ReleaseWebhook.FromEnvironment(context.Options.WebhookFormat);
}
