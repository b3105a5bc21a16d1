using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>
/// A unique constraint builds its index while readers and writers wait (AccessExclusive). Here the index is built concurrently, and the
/// constraint takes it over in a moment.
/// </summary>
internal sealed class UniqueConstraintRewriter : IOperationRewriter
{
    public Rewrite? Of(RewriteScope scope) =>
        scope.Current is AddUniqueConstraintOperation { Name: not null } unique
        && !scope.IsNew(unique.Schema, unique.Table)
            ? new Rewrite([
                OnlineSql.UniqueIndex(unique, unique.Name, unique.Schema, unique.Table, unique.Columns),
                OnlineSql.Alone(
                    $"ALTER TABLE {scope.Quoted(unique.Table, unique.Schema)} ADD CONSTRAINT {scope.Quoted(unique.Name)} "
                        + $"UNIQUE USING INDEX {scope.Quoted(unique.Name)};",
                    "takes over the index that is ready"
                ),
            ])
            : null;
}
