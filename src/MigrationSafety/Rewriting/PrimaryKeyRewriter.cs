using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>
/// A primary key builds its index, and looks for NULLs, while readers and writers wait (AccessExclusive). Here the columns become NOT
/// NULL online, the index is built concurrently, and the key takes it over in a moment.
/// </summary>
internal sealed class PrimaryKeyRewriter : IOperationRewriter
{
    public Rewrite? Of(RewriteScope scope) =>
        scope.Current is AddPrimaryKeyOperation { Name: not null } key && !scope.IsNew(key.Schema, key.Table)
            ? new Rewrite([
                .. Before(scope, key, key.Name),
                OnlineSql.Alone(
                    $"ALTER TABLE {scope.Quoted(key.Table, key.Schema)} {Add(scope, key, key.Name)};",
                    "takes over the index that is ready"
                ),
            ])
            : null;

    /// <summary>What can be done before the table is locked: NOT NULL and the index, under a name of its own if need be.</summary>
    public static IEnumerable<MigrationOperation> Before(
        RewriteScope scope,
        AddPrimaryKeyOperation key,
        string index
    ) =>
        [
            .. key
                .Columns.Where(column => !scope.IsRequired(key.Schema, key.Table, column))
                .SelectMany(column => NotNull.Online(scope, key.Schema, key.Table, column)),
            OnlineSql.UniqueIndex(key, index, key.Schema, key.Table, key.Columns),
        ];

    /// <summary>The action that makes a key of the index. PostgreSQL gives the index the key's name.</summary>
    public static string Add(RewriteScope scope, AddPrimaryKeyOperation key, string index) =>
        $"ADD CONSTRAINT {scope.Quoted(key.Name!)} PRIMARY KEY USING INDEX {scope.Quoted(index)}";
}
