using Db.Notifying;

namespace Db.Preflight.Checks;

/// <summary>Tell the team: is there a webhook, and does its host answer?</summary>
internal sealed class TeamCheck : IPreflightCheck
{
    public string Id => "team";

    public string Title => "The team is told";

    public async Task<(PreflightOutcome Outcome, string Evidence, string? ToDo)> LookAsync(
        PreflightFacts facts,
        CancellationToken ct
    )
    {
        var webhook = ReleaseWebhook.FromEnvironment(facts.Context.Settings.WebhookFormat);
        return webhook.Problem is { } problem
                ? (
                    PreflightOutcome.Warn,
                    problem,
                    $"set {ReleaseWebhook.Variable} to the address that the chat gave you, or tell them yourself"
                )
            : await webhook.UnreachableAsync(ct) is { } why
                ? (
                    PreflightOutcome.Warn,
                    $"{webhook.Host} cannot be reached: {why}",
                    "tell them yourself; a release goes on without it"
                )
            : (PreflightOutcome.Ok, $"{webhook.Host} answers; it is told at the start and at the end", null);
    }
}
