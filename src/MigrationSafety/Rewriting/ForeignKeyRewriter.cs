using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>
/// A foreign key looks at every row of its table while writers of both tables wait (ShareRowExclusive). NOT VALID takes that lock for a
/// moment, and VALIDATE CONSTRAINT looks at the rows while they go on.
/// </summary>
internal sealed class ForeignKeyRewriter : IOperationRewriter
{
    public Rewrite? Of(RewriteScope scope)
    {
        if (!IsOurs(scope, scope.Current))
        {
            return null;
        }

        // A foreign key that is dropped and added again (another delete behaviour) is never missing: the new one stands in the
        // transaction that takes the old one away. Several of them are all added before the first is validated.
        var keys = new List<AddForeignKeyOperation> { (AddForeignKeyOperation)scope.Current };
        var again = IsDroppedBefore(scope, keys[0]);
        while (
            again
            && scope.At(scope.Position + keys.Count) is AddForeignKeyOperation key
            && IsOurs(scope, key)
            && IsDroppedBefore(scope, key)
        )
        {
            keys.Add(key);
        }

        return new Rewrite(
            [
                .. keys.Select(key =>
                    new AddNotValidOperation(key, suppressTransaction: !again).Noted(
                        "holds for new rows from now on; existing ones are looked at later"
                    )
                ),
                .. keys.Select(key => OnlineSql.Validate(scope.Quoted(key.Table, key.Schema), scope.Quoted(key.Name))),
            ],
            keys.Count
        );
    }

    private static bool IsOurs(RewriteScope scope, MigrationOperation operation) =>
        operation is AddForeignKeyOperation { Name: not null } key && !scope.IsNew(key.Schema, key.Table);

    private static bool IsDroppedBefore(RewriteScope scope, AddForeignKeyOperation key) =>
        scope
            .Before.OfType<DropForeignKeyOperation>()
            .Any(drop => drop.Name == key.Name && drop.Table == key.Table && drop.Schema == key.Schema);
}
