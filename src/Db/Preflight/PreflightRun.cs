using Db.Backups;
using Db.Bundles;
using Db.Preflight.Checks;
using Db.Rehearsing;
using Npgsql;

namespace Db.Preflight;

/// <summary>Makes every check, also after one has failed: everything that is to be done is said at once.</summary>
internal static class PreflightRun
{
    /// <summary>
    /// The checks, in the order of the guide: back up, test, review, plan the way back, choose the time, see that all is in order, tell the team.
    /// </summary>
    public static IReadOnlyList<IPreflightCheck> Checks { get; } =
    [
        new FreshBackupCheck(),
        new RestorableBackupCheck(),
        new RehearsedCheck(),
        new GuardsCheck(),
        new ReviewedPlanCheck(),
        new WayBackCheck(),
        new WindowCheck(),
        new LoadCheck(),
        new SchemaCheck(),
        new PoliciesCheck(),
        new QueriesCheck(),
        new TeamCheck(),
    ];

    /// <summary>Makes the checks.</summary>
    /// <param name="context">What is to be released, and where.</param>
    /// <param name="progress">Told which check is made.</param>
    /// <param name="ct">Ends it.</param>
    public static async Task<PreflightReport> RunAsync(
        PreflightContext context,
        Action<string>? progress,
        CancellationToken ct
    )
    {
        if (context.Plan is null)
        {
            progress?.Invoke("Asking the bundle for its plan …");
        }

        var facts = await FactsAsync(context, ct);
        var results = new List<PreflightResult>();
        foreach (var check in Checks)
        {
            progress?.Invoke($"{check.Title} …");
            results.Add(await LookAsync(check, facts, ct));
        }

        return new PreflightReport(results, facts.Plan?.Digest, context.Bundle.Digest);
    }

    private static async Task<PreflightResult> LookAsync(
        IPreflightCheck check,
        PreflightFacts facts,
        CancellationToken ct
    )
    {
        PreflightOutcome outcome;
        string evidence;
        string? toDo;
        try
        {
            (outcome, evidence, toDo) = await check.LookAsync(facts, ct);
        }
        catch (Exception e) when (e is NpgsqlException or CouldNotRunException or IOException)
        {
            (outcome, evidence, toDo) = (PreflightOutcome.Fail, $"could not be looked at: {e.Message}", null);
        }

        return outcome == PreflightOutcome.Fail && facts.Context.Accepted.TryGetValue(check.Id, out var reason)
            ? new PreflightResult(check.Id, check.Title, PreflightOutcome.Warn, $"{evidence}; accepted: {reason}", toDo)
            : new PreflightResult(check.Id, check.Title, outcome, evidence, toDo);
    }

    private static async Task<PreflightFacts> FactsAsync(PreflightContext context, CancellationToken ct)
    {
        var plan = context.Plan;
        string? problem = null;
        try
        {
            plan ??= await context.Bundle.PlanAsync(context.RailsArguments, ct);
        }
        catch (CouldNotRunException e)
        {
            problem = e.Message;
        }

        var store = BackupStore.Of(context.Backups);
        var list = store.List();
        var rehearsal = context.Rehearsal ?? RehearsalResult.DefaultFile();
        return new PreflightFacts(
            context,
            plan,
            problem,
            await OfThisDatabaseAsync(context, list.Backups, ct),
            list.Damaged,
            store.Directory,
            RehearsalResult.Read(rehearsal),
            rehearsal
        );
    }

    // Of one name on one server: by the cluster's own number where both are known, since a host may have several names.
    private static async Task<IReadOnlyList<Backup>> OfThisDatabaseAsync(
        PreflightContext context,
        IReadOnlyList<Backup> backups,
        CancellationToken ct
    )
    {
        var system = await new SourceDatabase(context.Connection).SystemIdentifierAsync(ct);
        return
        [
            .. backups.Where(backup =>
                backup.Manifest.IsOf(context.Connection.Database, context.Database.Connection.Server, system)
            ),
        ];
    }
}
