using Microsoft.Extensions.Logging;
using MigrationSafety.Diagnostics;
using MigrationSafety.Statements;
using Npgsql;

namespace MigrationSafety.Execution;

/// <summary>
/// REINDEX CONCURRENTLY may be run again, but a broken-off one leaves the index that it was building (…_ccnew) or the old one that it was
/// about to drop (…_ccold), invalid, and each further one would leave another. They are dropped first.
/// </summary>
internal sealed class ReindexConcurrentlyStep(string kind, string name, ILogger logger) : RepeatableStep
{
    public static ReindexConcurrentlyStep? Parse(SqlStatement statement, ILogger logger)
    {
        var reader = new TokenReader(statement.Text);
        if (!reader.Take("REINDEX"))
        {
            return null;
        }

        var concurrently = false;
        if (reader.Take("("))
        {
            for (var depth = 1; depth > 0 && reader.Peek().Length > 0; )
            {
                var token = reader.Next();
                concurrently |= token.Equals("CONCURRENTLY", StringComparison.OrdinalIgnoreCase);
                depth +=
                    token == "(" ? 1
                    : token == ")" ? -1
                    : 0;
            }
        }

        var kind = reader.Next().ToUpperInvariant();
        concurrently |= reader.Take("CONCURRENTLY");
        return concurrently ? new ReindexConcurrentlyStep(kind, Name(reader), logger) : null;
    }

    public override async ValueTask<bool> IsToBeDoneAsync(Session session, bool inDoubt)
    {
        foreach (var left in await LeftoversAsync(session, session.CancellationToken).ConfigureAwait(false))
        {
            logger.DroppingInvalidIndex(left);
            await session.ExecuteAsync(Drop(left)).ConfigureAwait(false);
        }

        return true;
    }

    public override ValueTask<IReadOnlyList<string>> InvalidIndexesAsync(Session session) =>
        LeftoversAsync(session, session.CancellationToken);

    public override async ValueTask<string?> CleanUpAsync(Session session)
    {
        try
        {
            var left = await LeftoversAsync(session, CancellationToken.None).ConfigureAwait(false);
            foreach (var index in left)
            {
                await session.CleanUpAsync(Drop(index)).ConfigureAwait(false);
            }

            return left.Count == 0
                ? null
                : $"what the failed REINDEX left invalid was dropped ({string.Join(", ", left)})";
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The next run drops them before it begins.
            return "an invalid index that the failed REINDEX left (…_ccnew or …_ccold) is still there; the next run drops it";
        }
    }

    private static string Drop(string index) => $"DROP INDEX CONCURRENTLY IF EXISTS {index}";

    // On the same table, or on its TOAST table; one that somebody builds right now is not left over.
    private ValueTask<IReadOnlyList<string>> LeftoversAsync(Session session, CancellationToken cancellationToken) =>
        session.QueryAsync(
            """
            WITH reindexed AS (
                SELECT to_regclass($2)::oid AS oid WHERE $1 IN ('INDEX', 'TABLE')
                UNION SELECT tree.relid::oid FROM pg_partition_tree(to_regclass($2)) AS tree WHERE $1 IN ('INDEX', 'TABLE')
            )
            SELECT format('%I.%I', n.nspname, c.relname)
            FROM pg_index i
            JOIN pg_class c ON c.oid = i.indexrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_class toasted ON toasted.reltoastrelid = i.indrelid
            WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relname ~ '_cc(new|old)[0-9]*$'
              AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
              AND CASE $1
                  WHEN 'INDEX' THEN EXISTS (
                      SELECT FROM reindexed r JOIN pg_index ri ON ri.indexrelid = r.oid JOIN pg_class rc ON rc.oid = r.oid
                      WHERE ri.indrelid = i.indrelid AND starts_with(rc.relname, regexp_replace(c.relname, '_cc(new|old)[0-9]*$', '')))
                  WHEN 'TABLE' THEN coalesce(toasted.oid, i.indrelid) IN (SELECT oid FROM reindexed)
                  WHEN 'SCHEMA' THEN n.oid = to_regnamespace($2)::oid
                  ELSE n.nspname <> 'pg_catalog' END
            ORDER BY 1
            """,
            r => r.GetString(0),
            cancellationToken,
            kind,
            name
        );
}
