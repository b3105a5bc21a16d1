using MigrationSafety.Execution;
using MigrationSafety.Statements;
using MigrationSafety.Statements.Parsing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Guards;

/// <summary>
/// An invalid index is what a failed CREATE INDEX CONCURRENTLY leaves: every write pays for it and no query uses it, and a unique one
/// does not guarantee anything. Those that this run itself builds again or drops are forgiven.
/// </summary>
internal sealed class InvalidIndexGuard : IMigrationGuard
{
    public async ValueTask<Failure?> CheckAsync(MigrationGuardContext context)
    {
        if (context.Plan.Steps.Count == 0)
        {
            return null;
        }

        // Of a partitioned table's index ('I') invalid only means that a partition still lacks its part; and one that is being built
        // now is invalid until it is done.
        var found = await context
            .Session.QueryAsync(
                """
                SELECT format('%I.%I', n.nspname, c.relname), i.indrelid::regclass::text
                FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname NOT IN ('pg_toast', 'pg_catalog')
                  AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
                ORDER BY 1
                """,
                r => (Name: r.GetString(0), Table: r.GetString(1))
            )
            .ConfigureAwait(false);
        if (found.Count == 0)
        {
            return null;
        }

        var mended = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (_, statement) in PlannedStatements.Of(context))
        {
            if (statement.Tokens is ["CREATE" or "DROP" or "REINDEX", ..])
            {
                mended.UnionWith(await MendedAsync(context, statement).ConfigureAwait(false));
            }
        }

        var left = found.Where(index => !mended.Contains(index.Name)).ToList();
        return left.Count == 0
            ? null
            : new Failure(
                "InvalidIndex",
                $"{context.Database} has {(left.Count == 1 ? "an invalid index" : $"{left.Count} invalid indexes")}, left by a build that failed: "
                    + string.Join(", ", left.Select(index => $"{index.Name} on {index.Table}"))
                    + ". Every write pays for it, no query uses it, and a unique one guarantees nothing.",
                null,
                "build it again or drop it, then run again:\n"
                    + string.Join(
                        '\n',
                        left.Select(index =>
                            $"  REINDEX INDEX CONCURRENTLY {index.Name};   -- or: DROP INDEX CONCURRENTLY {index.Name};"
                        )
                    )
            );
    }

    private static async ValueTask<IReadOnlyList<string>> MendedAsync(
        MigrationGuardContext context,
        SqlStatement statement
    )
    {
        var removed = RepeatableStep.Of(statement, context.Logger) is { } step
            ? await step.InvalidIndexesAsync(context.Session).ConfigureAwait(false)
            : [];
        (string What, string?[] Names) target = SqlParser.Parse(statement.Text) switch
        {
            // Of more than the one index that it names, PostgreSQL passes over the invalid ones when it rebuilds concurrently.
            Reindex { Concurrently: true, Target: not "INDEX" } => ("", []),
            Reindex { Target: not "SYSTEM" } reindex => (reindex.Target, [reindex.Name?.ToString()]),
            DropStatement { Kind: ObjectKind.Index } drop => ("INDEX", Names(drop)),
            DropStatement { Kind: ObjectKind.Table or ObjectKind.MaterializedView } drop => ("TABLE", Names(drop)),
            DropStatement { Kind: ObjectKind.Schema } drop => ("SCHEMA", Names(drop)),
            _ => ("", []),
        };
        var all = removed.ToList();
        foreach (var name in target.Names)
        {
            all.AddRange(
                await context
                    .Session.QueryAsync(
                        """
                        WITH tree AS (
                            SELECT to_regclass($2)::oid AS oid WHERE $1 IN ('INDEX', 'TABLE')
                            UNION SELECT relid::oid FROM pg_partition_tree(to_regclass($2)) WHERE $1 IN ('INDEX', 'TABLE')
                        )
                        SELECT format('%I.%I', n.nspname, c.relname)
                        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE NOT i.indisvalid AND CASE $1
                            WHEN 'INDEX' THEN c.oid IN (SELECT oid FROM tree)
                            WHEN 'TABLE' THEN i.indrelid IN (SELECT oid FROM tree)
                            WHEN 'SCHEMA' THEN n.oid = to_regnamespace($2)::oid
                            ELSE true END
                        """,
                        r => r.GetString(0),
                        target.What,
                        name
                    )
                    .ConfigureAwait(false)
            );
        }

        return all;

        static string?[] Names(DropStatement drop) => [.. drop.Names.Select(name => name.ToString())];
    }
}
