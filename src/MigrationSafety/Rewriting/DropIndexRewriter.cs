using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>
/// DROP INDEX keeps readers and writers out, and behind a long query it waits while everybody queues (AccessExclusive);
/// DROP INDEX CONCURRENTLY waits alone.
/// </summary>
internal sealed class DropIndexRewriter : IOperationRewriter
{
    public Rewrite? Of(RewriteScope scope) =>
        scope.Current is DropIndexOperation index && (index.Table is null || !scope.IsNew(index.Schema, index.Table))
            ? new Rewrite([Concurrently(scope, index)])
            : null;

    /// <summary>Npgsql has no words for it.</summary>
    public static SqlOperation Concurrently(RewriteScope scope, DropIndexOperation index) =>
        OnlineSql.Alone(
            $"DROP INDEX CONCURRENTLY {scope.Quoted(index.Name, index.Schema)};",
            "dropped while readers and writers go on"
        );
}
