using Db.Tracing.Observing;

namespace Db.Tracing.Findings;

/// <summary>Who would have waited, and for what: rewrites, scans and index builds under locks, and locks held meanwhile.</summary>
internal static class LockFindings
{
    private const int ManyTables = 3;

    public static IEnumerable<TraceFinding> Of(TracedRun run) =>
        run
            .Statements.SelectMany(s => OfStatement(run, s))
            .Concat(run.Statements.GroupBy(s => s.Transaction).SelectMany(t => OfTransaction(run, [.. t])));

    private static IEnumerable<TraceFinding> OfStatement(TracedRun run, ObservedStatement statement)
    {
        foreach (var (table, rows) in statement.Rewritten)
        {
            var mode = statement.HeldOn(table) ?? LockMode.AccessExclusive;
            yield return new TraceFinding(
                "rewrites-table",
                Severity.Danger,
                run.Direction,
                statement.Number,
                table,
                $"PostgreSQL wrote {table} anew, {Count(rows)}, with all its indexes, under {mode.Words()}: {mode.Waits()} until "
                    + "that is done and committed. On a large table that is minutes to hours.",
                "Add a new column (nullable, or with a constant default), fill it in batches, switch the application over, and drop the "
                    + "old one in a later release. A materialized view: REFRESH MATERIALIZED VIEW CONCURRENTLY."
            );
        }

        foreach (
            var table in statement
                .Scanned.Where(s => s.IsWhole)
                .Select(s => s.Table)
                .Concat(statement.IndexesBuilt.Select(i => i.Table))
                .Distinct()
                .Except(statement.Rewritten.Select(r => r.Table))
                // Told as a backfill.
                .Except(
                    statement
                        .Changed.Where(c => c.IsTruncated || IsMost(c.Updated, c.Of) || IsMost(c.Deleted, c.Of))
                        .Select(c => c.Table)
                )
        )
        {
            if (statement.HeldOn(table) is not { } mode || !mode.BlocksWrites())
            {
                continue;
            }

            var indexes = statement.IndexesBuilt.Where(i => i.Table == table).Select(i => i.Index).ToList();
            var read = statement.Scanned.FirstOrDefault(s => s.Table == table) is { Read: > 0 } scan
                ? $"{scan.Read:N0} rows"
                : "all of it";
            yield return indexes.Count > 0
                ? new TraceFinding(
                    "builds-index-under-lock",
                    Severity.Danger,
                    run.Direction,
                    statement.Number,
                    table,
                    $"PostgreSQL built {string.Join(", ", indexes)} over {table} under {mode.Words()}: {mode.Waits()} until the index "
                        + "is built and the transaction committed.",
                    mode.BlocksReads()
                        ? "Build a unique index with CREATE UNIQUE INDEX CONCURRENTLY in a migration of its own, then attach it: "
                            + $"ALTER TABLE {table} ADD CONSTRAINT … UNIQUE USING INDEX …;"
                        : "CREATE INDEX CONCURRENTLY, outside of a transaction: migrationBuilder.Sql(…, suppressTransaction: true), or "
                            + ".IsCreatedConcurrently() in the model."
                )
                : new TraceFinding(
                    "scans-under-lock",
                    Severity.Danger,
                    run.Direction,
                    statement.Number,
                    table,
                    $"PostgreSQL read {read} of {table} while the transaction held {mode.Words()} on it: {mode.Waits()} until the scan "
                        + "is done and the transaction committed.",
                    "Add the constraint with NOT VALID, commit, and VALIDATE CONSTRAINT in a later transaction, where nobody waits. For "
                        + "NOT NULL: a CHECK (… IS NOT NULL) NOT VALID first, validate it, then SET NOT NULL finds it and reads nothing."
                );
        }

        foreach (var change in statement.Changed.Where(c => !statement.CommitsOnItsWay && IsMost(c.Updated, c.Of)))
        {
            yield return new TraceFinding(
                "unbatched-update",
                Severity.Danger,
                run.Direction,
                statement.Number,
                change.Table,
                $"One statement updated {change.Updated:N0} of {change.Of:N0} rows of {change.Table}. Every writer of one of these rows "
                    + "waits until the commit, the table grows by as much again, and a failure throws all of it away.",
                "Update in batches of some thousand rows by primary key, each in a transaction of its own, outside of the migration."
            );
        }
    }

    private static IEnumerable<TraceFinding> OfTransaction(TracedRun run, IReadOnlyList<ObservedStatement> transaction)
    {
        if (!transaction[0].InTransaction)
        {
            yield break;
        }

        // A lock taken early is held through everything that comes after it.
        var reported = new HashSet<string>();
        foreach (var (statement, index) in transaction.Select((s, i) => (s, i)))
        {
            foreach (var work in LongWork(statement))
            {
                foreach (
                    var held in (index == 0 ? null : transaction[index - 1])?.Held.Where(l =>
                        l.Mode.BlocksWrites() && l.Table != work.Table && reported.Add(l.Table)
                    )
                        ?? []
                )
                {
                    yield return new TraceFinding(
                        "holds-lock-through-work",
                        Severity.Danger,
                        run.Direction,
                        statement.Number,
                        held.Table,
                        $"The transaction holds {held.Mode.Words()} on {held.Table} from an earlier statement while this one {work.What}: "
                            + $"{held.Waits} all that time.",
                        "Put the long statement into a migration of its own, before the one that takes the lock."
                    );
                }

                if (
                    work.IsBackfill
                    && statement.HeldOn(work.Table) is { } mode
                    && mode.BlocksWrites()
                    && reported.Add("backfill " + work.Table)
                )
                {
                    yield return new TraceFinding(
                        "backfill-with-schema-change",
                        Severity.Danger,
                        run.Direction,
                        statement.Number,
                        work.Table,
                        $"The transaction holds {mode.Words()} on {work.Table}, from changing it, while this statement {work.What}: "
                            + $"{mode.Waits()} until every row is done.",
                        "Change the schema in one migration, and fill in batches after it is committed."
                    );
                }
            }
        }

        var tables = transaction[^1].Held.Where(l => l.Mode.BlocksReads()).Select(l => l.Table).ToList();
        if (tables.Count >= ManyTables)
        {
            yield return new TraceFinding(
                "many-tables-in-one-transaction",
                Severity.Warning,
                run.Direction,
                transaction[^1].Number,
                string.Join(", ", tables),
                $"One transaction locks {tables.Count} existing tables against readers and writers: {string.Join(", ", tables)}. It has to "
                    + "get all of them at once, keeps the first while it waits for the last, and can deadlock with the application.",
                "One table for each migration."
            );
        }
    }

    private static IEnumerable<(string Table, string What, bool IsBackfill)> LongWork(ObservedStatement statement)
    {
        foreach (var change in statement.Changed.Where(c => IsMost(c.Updated, c.Of) || IsMost(c.Deleted, c.Of)))
        {
            if (!change.IsTruncated)
            {
                yield return (
                    change.Table,
                    $"changes {change.Updated + change.Deleted:N0} rows of {change.Table}",
                    true
                );
            }
        }

        foreach (var (table, _) in statement.Rewritten)
        {
            yield return (table, $"rewrites {table}", false);
        }

        foreach (var scan in statement.Scanned.Where(s => s.IsWhole))
        {
            yield return (scan.Table, $"reads all of {scan.Table}", false);
        }
    }

    internal static bool IsMost(long changed, long of) => changed > 1 && of > 0 && changed * 2 >= of;

    internal static string Count(long rows) => rows < 0 ? "which could not be filled with rows" : $"all {rows:N0} rows";
}
