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
            // Of several the largest table's: there the most are kept waiting.
            (StatementLock Taken, RelationSize Size)? largest = null;
            foreach (var taken in StatementLock.AllOf(statement))
            {
                if (
                    await RelationSize.ReadAsync(session, taken.Relation).ConfigureAwait(false) is { } size
                    && (largest is null || size.Bytes > largest.Value.Size.Bytes)
                )
                {
                    largest = (taken, size);
                }
            }

            statements.Add(
                largest is not { Taken: var held, Size: var of }
                    ? new RunPlanStatement(Failures.Secrets.Masked(statement.Text), null, null, null, null, false, note)
                    : new RunPlanStatement(
                        Failures.Secrets.Masked(statement.Text),
                        held.Mode,
                        held.Relation,
                        of.Rows,
                        of.Bytes,
                        await TableRewrite.IsOneAsync(session, statement).ConfigureAwait(false),
                        note
                    )
            );
        }

        return statements;
    }

    private static long Milliseconds(TimeSpan duration) => (long)duration.TotalMilliseconds;
}
