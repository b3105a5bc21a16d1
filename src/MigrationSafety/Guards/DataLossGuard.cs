using Microsoft.Extensions.Logging;
using MigrationSafety.Diagnostics;
using MigrationSafety.Execution;
using MigrationSafety.Rollback;

namespace MigrationSafety.Guards;

/// <summary>Says what reverting would take away, counted on the live database, and refuses unless that is nothing or was allowed.</summary>
internal sealed class DataLossGuard : IMigrationGuard
{
    public async ValueTask<Failure?> CheckAsync(MigrationGuardContext context)
    {
        var reverted = context.Plan.Steps.Where(step => step.Direction == MigrationDirection.Down).ToList();
        if (reverted.Count == 0)
        {
            return null;
        }

        var reader = new LossesOfDown();
        var losses = reverted
            .SelectMany(step =>
                reader.Read(
                    step,
                    context.Unfinished.Any(u => u.MigrationId == step.Id && u.Direction == MigrationDirection.Down)
                )
            )
            .ToList();
        var lines = await LossCount.ReadAsync(context.Session, losses).ConfigureAwait(false);
        if (lines.Count == 0)
        {
            return null;
        }

        var list = string.Concat(lines.Select(loss => "\n  " + loss.Line));
        if (context.Options.AllowDataLoss)
        {
            context.Logger.DataLoss(list);
            return null;
        }

        return new Failure(
            "DataLoss",
            $"Reverting {(reverted.Count == 1 ? reverted[0].Id : $"{reverted.Count} migrations")} {(lines.Any(loss => loss.IsCertain) ? "would" : "may")} delete data in {context.Database}:{list}",
            null,
            // With its target: without one, the same argument would go forward.
            $"if this data may go: take a backup (pg_dump), then run again: efbundle {context.Plan.Target} -- --allow-data-loss"
        )
        {
            AllowedBy = "--allow-data-loss",
        };
    }
}
