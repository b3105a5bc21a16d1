using System.Text.RegularExpressions;
using MigrationSafety.Statements;

namespace MigrationSafety.Guards;

/// <summary>
/// An invalid index is what a failed CREATE INDEX CONCURRENTLY leaves: every write pays for it and no query uses it, and a unique one
/// does not guarantee anything. Those that this run builds again itself are forgiven.
/// </summary>
internal sealed partial class InvalidIndexGuard : IMigrationGuard
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
                SELECT format('%I.%I', n.nspname, c.relname), i.indrelid::regclass::text, c.relname::text
                FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname NOT IN ('pg_toast', 'pg_catalog')
                  AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
                ORDER BY 1
                """,
                r => new
                {
                    Name = r.GetString(0),
                    Table = r.GetString(1),
                    Bare = r.GetString(2),
                }
            )
            .ConfigureAwait(false);
        if (found.Count == 0)
        {
            return null;
        }

        var ours = PlannedStatements
            .Of(context)
            .Where(planned => planned.Statement.Tokens is ["CREATE" or "DROP" or "REINDEX", ..])
            .Select(planned => planned.Statement)
            .ToList();
        var left = found.Where(index => !ours.Any(statement => Heals(statement, index.Bare, index.Table))).ToList();
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

    // REINDEX CONCURRENTLY first drops what an earlier one left on the same table.
    private static bool Heals(SqlStatement statement, string index, string table) =>
        Names(statement, index)
        || statement.Tokens[0] == "REINDEX"
            && (
                Names(statement, Leftover().Replace(index, ""))
                || Names(statement, table[(table.LastIndexOf('.') + 1)..].Trim('"'))
                || statement.Tokens.Contains("SCHEMA")
                || statement.Tokens.Contains("DATABASE")
            );

    private static bool Names(SqlStatement statement, string name) =>
        statement.Text.Contains(name, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("_cc(new|old)[0-9]*$")]
    private static partial Regex Leftover();
}
