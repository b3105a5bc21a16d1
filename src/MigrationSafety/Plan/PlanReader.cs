using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Execution;
using MigrationSafety.Guards;
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
                                Enumerable.Range(start, end - start).SelectMany(step.StatementsOf)
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
            refused?.ToString()
        );
    }

    private static async ValueTask<IReadOnlyList<RunPlanStatement>> StatementsAsync(
        Session session,
        IEnumerable<SqlStatement> planned
    )
    {
        var statements = new List<RunPlanStatement>();
        foreach (var statement in planned)
        {
            var taken = StatementLock.Of(statement);
            var size = taken is null
                ? []
                : await session
                    .QueryAsync(
                        """
                        SELECT greatest(c.reltuples, 0)::bigint, pg_total_relation_size(c.oid)
                        FROM pg_class c WHERE c.oid = to_regclass($1)
                        """,
                        r => (Rows: r.GetInt64(0), Bytes: r.GetInt64(1)),
                        taken.Relation
                    )
                    .ConfigureAwait(false);
            statements.Add(
                size is [var found]
                    ? new RunPlanStatement(
                        Failures.Secrets.Masked(statement.Text),
                        taken!.Mode,
                        taken.Relation,
                        found.Rows,
                        found.Bytes
                    )
                    : new RunPlanStatement(Failures.Secrets.Masked(statement.Text), null, null, null, null)
            );
        }

        return statements;
    }

    private static long Milliseconds(TimeSpan duration) => (long)duration.TotalMilliseconds;
}
