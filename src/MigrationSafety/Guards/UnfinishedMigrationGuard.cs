using MigrationSafety.Execution;
using MigrationSafety.Journal;

namespace MigrationSafety.Guards;

/// <summary>What an earlier run left unfinished goes on first, and only with the commands it began with.</summary>
internal sealed class UnfinishedMigrationGuard : IMigrationGuard
{
    public ValueTask<Failure?> CheckAsync(MigrationGuardContext context) =>
        ValueTask.FromResult(
            context
                .Unfinished.Select(unfinished => Check(context, unfinished))
                .FirstOrDefault(failure => failure is not null)
        );

    private static Failure? Check(MigrationGuardContext context, UnfinishedMigration unfinished)
    {
        var state =
            $"{unfinished.Committed} of {unfinished.Count} commands of {unfinished.MigrationId} are committed"
            + $" ({(unfinished.Direction == MigrationDirection.Up ? "applying" : "reverting")} it).";
        var step = context.Plan.Steps.FirstOrDefault(step =>
            step.Id == unfinished.MigrationId && step.Direction == unfinished.Direction
        );
        if (step is null)
        {
            var verb = unfinished.Direction == MigrationDirection.Up ? "applying" : "reverting";
            return new Failure(
                "UnfinishedMigration",
                $"An earlier run was interrupted while {verb} {unfinished.MigrationId}, and this one would leave it half done"
                    + (
                        context.Assembly.Migrations.ContainsKey(unfinished.MigrationId)
                            ? "."
                            : ": it is not in this code."
                    ),
                state,
                unfinished.Direction == MigrationDirection.Up
                    ? $"let it be finished first, by the release that has it: efbundle {unfinished.MigrationId}"
                    : $"let it be finished first, by running again with the same target as the interrupted run (one before {unfinished.MigrationId})."
            );
        }

        return
            step.Commands.Count >= unfinished.Committed
            && UnfinishedMigration.HashOf(step.Commands.Take(unfinished.Committed)) == unfinished.Hash
            ? null
            : new Failure(
                "UnfinishedMigrationChanged",
                $"{unfinished.MigrationId} was interrupted half-way by an earlier run, and its commands have changed since: "
                    + "going on would make a schema that no version of the code describes.",
                state,
                "run the release that began it, let it finish, and put the change into a new migration."
            );
    }
}
