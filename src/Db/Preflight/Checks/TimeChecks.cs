using Db.Commands;
using Db.Windows;
using MigrationSafety.Arguments;

namespace Db.Preflight.Checks;

/// <summary>Choose the time: is the window open, and long enough?</summary>
internal sealed class WindowCheck : IPreflightCheck
{
    public string Id => "window";

    public string Title => "Inside the window";

    public Task<(PreflightOutcome Outcome, string Evidence, string? ToDo)> LookAsync(
        PreflightFacts facts,
        CancellationToken ct
    ) => Task.FromResult(Look(facts));

    private static (PreflightOutcome, string, string?) Look(PreflightFacts facts)
    {
        if (facts.Context.Settings.Window?.At(facts.Context.Now) is not { } window)
        {
            return (PreflightOutcome.Ok, "no window was agreed on, so it is always open", null);
        }

        if (!window.IsOpen)
        {
            return facts.Context.OutsideWindow is { } reason && !string.IsNullOrWhiteSpace(reason)
                ? (PreflightOutcome.Warn, $"{window}; released all the same: {reason.Trim()}", null)
                : (PreflightOutcome.Fail, window.ToString(), "wait, or say why not: --outside-window \"reason\"");
        }

        return
            facts.RehearsalOfThis is { } rehearsal
            && window.ClosesAt is { } closes
            && facts.Context.Now.AddSeconds(rehearsal.ReleaseSeconds) > closes
            ? (
                PreflightOutcome.Warn,
                $"{window}; the rehearsal took {Duration.Text(TimeSpan.FromSeconds(rehearsal.ReleaseSeconds))}, so it would end after that",
                null
            )
            : (PreflightOutcome.Ok, window.ToString(), null);
    }
}

/// <summary>Choose the time: does the database have room for it?</summary>
internal sealed class LoadCheck : IPreflightCheck
{
    public string Id => "load";

    public string Title => "The load is low enough";

    public async Task<(PreflightOutcome Outcome, string Evidence, string? ToDo)> LookAsync(
        PreflightFacts facts,
        CancellationToken ct
    )
    {
        var limits = facts.Context.Settings.Load;
        var load = await Load.MeasureAsync(facts.Context.Connection, limits.MeasureFor, ct);
        var figures = limits.Compare(load);
        var evidence = string.Join(
            "; ",
            figures.Select(f =>
                $"{f.Name} {f.Found}{(f.Limit is null ? "" : f.Holds ? $" (limit {f.Limit})" : $", above its limit of {f.Limit}")}"
            )
        );
        return figures.All(f => f.Holds)
            ? (load.NotSeen is null ? PreflightOutcome.Ok : PreflightOutcome.Warn, evidence, load.NotSeen)
            : (
                PreflightOutcome.Fail,
                evidence,
                $"wait until it is calmer ({ToolCommand.OnDatabase(["window"])} measures again), or change the limits in release/release.json"
            );
    }
}
