namespace Db.Preflight.Checks;

/// <summary>The rails' own guards, asked by the bundle itself on this database.</summary>
internal sealed class GuardsCheck : IPreflightCheck
{
    public string Id => "guards";

    public string Title => "The rails' guards let it pass";

    public Task<(PreflightOutcome Outcome, string Evidence, string? ToDo)> LookAsync(
        PreflightFacts facts,
        CancellationToken ct
    ) =>
        Task.FromResult<(PreflightOutcome, string, string?)>(
            facts.Plan switch
            {
                null => (PreflightOutcome.Fail, facts.PlanProblem ?? "the bundle could not say what it would do", null),
                { Refused: { } why } => (PreflightOutcome.Fail, why, null),
                { Migrations.Count: 0 } => (PreflightOutcome.Ok, "nothing is pending", null),
                var plan => (
                    PreflightOutcome.Ok,
                    $"would run {string.Join(", ", plan.Migrations.Select(m => m.Id))}",
                    null
                ),
            }
        );
}

/// <summary>Review the SQL: has somebody looked at exactly this plan?</summary>
internal sealed class ReviewedPlanCheck : IPreflightCheck
{
    public string Id => "reviewed";

    public string Title => "The plan was reviewed";

    public Task<(PreflightOutcome Outcome, string Evidence, string? ToDo)> LookAsync(
        PreflightFacts facts,
        CancellationToken ct
    ) => Task.FromResult(Look(facts));

    private static (PreflightOutcome, string, string?) Look(PreflightFacts facts)
    {
        var (digest, by) = (facts.Context.ReviewedPlan, facts.Context.ReviewedBy);
        if (facts.Plan is not { } plan)
        {
            return (PreflightOutcome.Fail, "there is no plan to compare with", null);
        }

        if (plan.Migrations.Count == 0)
        {
            return (PreflightOutcome.Ok, "nothing is pending, so there is nothing to review", null);
        }

        var review =
            $"read {facts.Context.Bundle.Command} -- --plan, then add: --reviewed-plan {plan.Digest} --reviewed-by \"your name\"";
        return digest is null ? (PreflightOutcome.Fail, $"nobody says to have reviewed plan {plan.Digest}", review)
            : !string.Equals(digest.Trim(), plan.Digest, StringComparison.OrdinalIgnoreCase)
                ? (
                    PreflightOutcome.Fail,
                    $"plan {digest} was reviewed; what would run now is plan {plan.Digest}",
                    review
                )
            : string.IsNullOrWhiteSpace(by)
                ? (PreflightOutcome.Fail, $"plan {digest} was reviewed by nobody", "add: --reviewed-by \"your name\"")
            : (PreflightOutcome.Ok, $"plan {plan.Digest}, by {by.Trim()}", null);
    }
}
