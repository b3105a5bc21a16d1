using System.Globalization;
using MigrationSafety.Arguments;
using MigrationSafety.Execution;
using MigrationSafety.Locking;

namespace MigrationSafety.Guards;

/// <summary>
/// A transaction that has been open for long and holds a lock on what is about to be changed will most likely stay: trying would only
/// make the application queue again and again. CREATE and DROP INDEX CONCURRENTLY wait for every old transaction of the database.
/// </summary>
internal sealed class LongTransactionGuard : IMigrationGuard
{
    public async ValueTask<Failure?> CheckAsync(MigrationGuardContext context)
    {
        if (context.Plan.Steps.Count == 0)
        {
            return null;
        }

        var relations = PlannedStatements.Blocking(context);
        var concurrently = PlannedStatements
            .Of(context)
            .Any(planned => planned.Statement.Tokens.Contains("CONCURRENTLY"));
        if (relations.Count == 0 && !concurrently)
        {
            return null;
        }

        var names = $"unnest({TextArray.Of(relations.Count, first: 2)}) AS name";
        var found = await context
            .Session.QueryAsync(
                $"""
                SELECT a.pid, a.usename::text, a.application_name, coalesce(a.state, 'state hidden'), now() - a.xact_start,
                       (SELECT string_agg(DISTINCT l.relation::regclass::text, ', ') FROM pg_locks l
                         WHERE l.pid = a.pid AND l.relation = ANY (SELECT {RelationOid.Of("name")} FROM {names}))
                FROM pg_stat_activity a
                WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.xact_start < now() - make_interval(secs => $1)
                  AND (a.backend_type = 'client backend')
                UNION ALL
                -- Prepared, and of no session any longer: it holds its locks until somebody ends it.
                SELECT 0, x.owner::text, x.gid, 'prepared', now() - x.prepared,
                       (SELECT string_agg(DISTINCT l.relation::regclass::text, ', ') FROM pg_locks l
                         WHERE l.pid IS NULL AND l.virtualtransaction IN (
                             SELECT t.virtualtransaction FROM pg_locks t
                             WHERE t.locktype = 'transactionid' AND t.transactionid = x.transaction AND t.pid IS NULL)
                           AND l.relation = ANY (SELECT {RelationOid.Of("name")} FROM {names}))
                FROM pg_prepared_xacts x
                WHERE x.database = current_database() AND x.prepared < now() - make_interval(secs => $1)
                ORDER BY 5 DESC
                """,
                r => new
                {
                    Pid = r.GetInt32(0),
                    User = r.IsDBNull(1) ? "unknown" : r.GetString(1),
                    Application = r.IsDBNull(2) ? "" : r.GetString(2),
                    State = r.GetString(3),
                    Age = r.GetTimeSpan(4),
                    Holds = r.IsDBNull(5) ? null : r.GetString(5),
                },
                [context.Options.LongTransaction.TotalSeconds, .. relations]
            )
            .ConfigureAwait(false);
        var inTheWay = found.Where(t => t.Holds is not null || concurrently).ToList();
        return inTheWay.Count == 0
            ? null
            : new Failure(
                "LongTransaction",
                $"A transaction that has been open for more than {Duration.Text(context.Options.LongTransaction)} stands in the way:"
                    + string.Concat(
                        inTheWay.Select(t =>
                            string.Create(
                                CultureInfo.InvariantCulture,
                                $"\n  {(t.Pid == 0 ? $"the prepared transaction '{t.Application}' of {t.User}" : $"pid {t.Pid}, user {t.User}, application \"{t.Application}\", {t.State}")}, open for {Duration.Text(t.Age)}, "
                            )
                            + (
                                t.Holds is null
                                    ? "which a concurrent index has to wait for"
                                    : $"holds a lock on {t.Holds}"
                            )
                        )
                    ),
                null,
                $"let it end, or end it: {string.Join(' ', inTheWay.Select(t => Blocker.EndOf(t.Pid, t.Application)))} To wait for it "
                    + "instead: -- --long-transaction 12h"
            );
    }
}
