using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Execution;
using MigrationSafety.Guards;
using MigrationSafety.Rewriting;
using MigrationSafety.Statements;

namespace MigrationSafety.Plan;

/// <summary>Makes the plan that is shown, with the sizes of what the locks are taken on.</summary>
internal static class PlanReader
{
    public static async ValueTask<RunPlan> ReadAsync(
        MigrationGuardContext context,
        TimeSpan statementTimeout,
        Failure? refused
    )
    {
        var migrations = new List<RunPlanMigration>();
        foreach (var step in context.Plan.Steps)
        {
            var transactions = new List<RunPlanTransaction>();
            for (var (start, end) = (0, 0); start < step.Commands.Count; start = end)
            {
                end = MigrationExecutor.EndOfStep(step.Commands, start);
                var alone = MigrationExecutor.MustRunAlone(step, start);
                transactions.Add(
                    new RunPlanTransaction(
                        !alone,
                        await StatementsAsync(
                                context.Session,
                                Enumerable
                                    .Range(start, end - start)
                                    .SelectMany(command =>
                                        step.StatementsOf(command)
                                            .Select(
                                                (statement, i) =>
                                                    (
                                                        statement,
                                                        i == 0
                                                            ? CommandNote.Read(step.Commands[command].CommandText)
                                                            : null
                                                    )
                                            )
                                    )
                            )
                            .ConfigureAwait(false)
                    )
                );
            }

            migrations.Add(
                new RunPlanMigration(
                    step.Id,
                    step.Direction.ToString(),
                    context.Unfinished.FirstOrDefault(u => u.MigrationId == step.Id)?.Committed ?? 0,
                    transactions
                )
            );
        }

        var o = context.Options;
        return new RunPlan(
            context.Database.ToString(),
            PlanDigest.Of(context.Plan),
            context.Plan.Applied.Count,
            migrations,
            new RunPlanLimits(
                Milliseconds(o.FirstLockTimeout < o.LockTimeout ? o.FirstLockTimeout : o.LockTimeout),
                Milliseconds(o.LockTimeout),
                Milliseconds(o.LockWait),
                Milliseconds(statementTimeout),
                Milliseconds(o.NonTransactionalTimeout),
                Milliseconds(o.RunnerWait)
            ),
            refused?.ToString(),
            refused?.AllowedBy,
            await HazardsAsync(context).ConfigureAwait(false)
        );
    }

    private static async ValueTask<IReadOnlyList<RunPlanHazard>> HazardsAsync(MigrationGuardContext context) =>
        context.Options.Hazards == HazardPolicy.Ignore
            ? []
            :
            [
                .. (await PlannedHazards.ReadAsync(context).ConfigureAwait(false)).Select(hazard => new RunPlanHazard(
                    hazard.Finding.Where.Migration,
                    hazard.Finding.Where.Direction,
                    hazard.Finding.Hazard,
                    hazard.Finding.Object,
                    hazard.Finding.What,
                    hazard.AcceptedBecause,
                    hazard.Refuses && context.Options.Hazards == HazardPolicy.Refuse
                )),
            ];

    private static async ValueTask<IReadOnlyList<RunPlanStatement>> StatementsAsync(
        Session session,
        IEnumerable<(SqlStatement Statement, string? Note)> planned
    )
    {
        var statements = new List<RunPlanStatement>();
        foreach (var (statement, note) in planned)
        {
            var held = new List<RunPlanLock>();
            foreach (var taken in await TakenLocks.ReadAsync(session, statement).ConfigureAwait(false))
            {
                if (await RelationSize.ReadAsync(session, taken.Relation).ConfigureAwait(false) is { } size)
                {
                    held.Add(new RunPlanLock(taken.Mode, taken.Relation, size.Rows, size.Bytes));
                }
            }

            var first = held.FirstOrDefault();
            statements.Add(
                new RunPlanStatement(
                    Failures.Secrets.Masked(statement.Text),
                    first?.Lock,
                    first?.Relation,
                    first?.Rows,
                    first?.Bytes,
                    first is not null
                        && StatementLock.Of(statement)?.Relation == first.Relation
                        && await TableRewrite.IsOneAsync(session, statement).ConfigureAwait(false),
                    note,
                    [.. held.Skip(1)]
                )
            );
        }

        return statements;
    }

    private static long Milliseconds(TimeSpan duration) => (long)duration.TotalMilliseconds;
}
