using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Execution;
using MigrationSafety.Plan;
using MigrationSafety.Statements;

namespace MigrationSafety.Guards;

/// <summary>The statements that a plan would still run, with the lock each takes.</summary>
internal static class PlannedStatements
{
    public static IEnumerable<(PlannedMigration Migration, SqlStatement Statement)> Of(MigrationGuardContext context) =>
        context.Plan.Steps.SelectMany(step =>
            step.StatementsFrom(
                    context
                        .Unfinished.FirstOrDefault(u => u.MigrationId == step.Id && u.Direction == step.Direction)
                        ?.Committed
                        ?? 0
                )
                .Select(statement => (step, statement))
        );

    /// <summary>
    /// The statements of the commands that may hold what is looked for, also of those that an earlier run has committed. Taking a command
    /// apart costs more than a look at its text, and few hold what a guard looks for.
    /// </summary>
    public static IEnumerable<(
        PlannedMigration Migration,
        MigrationCommand Command,
        SqlStatement Statement
    )> InCommands(MigrationGuardContext context, Func<MigrationCommand, bool> mayHold) =>
        context.Plan.Steps.SelectMany(step =>
            step.Commands.Index()
                .Where(command => mayHold(command.Item))
                .SelectMany(command =>
                    step.StatementsOf(command.Index).Select(statement => (step, command.Item, statement))
                )
        );

    /// <summary>The relations on which a lock is taken that keeps writers or readers out.</summary>
    public static IReadOnlyList<string> Blocking(MigrationGuardContext context) =>
        [
            .. Of(context)
                .SelectMany(planned => StatementLock.AllOf(planned.Statement))
                .Where(taken =>
                    taken.Mode is "AccessExclusiveLock" or "ShareRowExclusiveLock" or "ShareLock" or "ExclusiveLock"
                )
                .Select(taken => taken.Relation)
                .Distinct(StringComparer.Ordinal),
        ];
}
