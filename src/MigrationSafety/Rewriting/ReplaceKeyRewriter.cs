using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>
/// A key that changes is dropped and added. Its new index is built beside the old one; then one statement takes the old key away and makes
/// the new one, so that the table is never without.
/// </summary>
internal sealed class ReplaceKeyRewriter : IOperationRewriter
{
    private const string Note = "takes the old key away and takes over the index that is ready";

    public Rewrite? Of(RewriteScope scope) =>
        (scope.Current, scope.Next) switch
        {
            (DropPrimaryKeyOperation { Name: { } old } drop, AddPrimaryKeyOperation { Name: not null } key)
                when drop.Table == key.Table
                    && drop.Schema == key.Schema
                    && !scope.IsNew(key.Schema, key.Table)
                    && ObjectName.With(key.Name, "successor") is var index => new Rewrite(
                [
                    .. PrimaryKeyRewriter.Before(scope, key, index),
                    OnlineSql.Alone(
                        $"ALTER TABLE {scope.Quoted(key.Table, key.Schema)} DROP CONSTRAINT {scope.Quoted(old)}, "
                            + $"{PrimaryKeyRewriter.Add(scope, key, index)};",
                        Note
                    ),
                ],
                2
            ),
            (
                DropUniqueConstraintOperation { Name: { } old } drop,
                AddUniqueConstraintOperation { Name: not null } unique
            )
                when drop.Table == unique.Table
                    && drop.Schema == unique.Schema
                    && !scope.IsNew(unique.Schema, unique.Table)
                    && ObjectName.With(unique.Name, "successor") is var index => new Rewrite(
                [
                    OnlineSql.UniqueIndex(unique, index, unique.Schema, unique.Table, unique.Columns),
                    OnlineSql.Alone(
                        $"ALTER TABLE {scope.Quoted(unique.Table, unique.Schema)} DROP CONSTRAINT {scope.Quoted(old)}, "
                            + $"ADD CONSTRAINT {scope.Quoted(unique.Name)} UNIQUE USING INDEX {scope.Quoted(index)};",
                        Note
                    ),
                ],
                2
            ),
            _ => null,
        };
}
