using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>
/// A check looks at every row while readers and writers wait (AccessExclusive). NOT VALID takes that lock for a moment, and VALIDATE
/// CONSTRAINT looks at the rows while they go on.
/// </summary>
internal sealed class CheckConstraintRewriter : IOperationRewriter
{
    public Rewrite? Of(RewriteScope scope)
    {
        if (
            scope.Current is not AddCheckConstraintOperation { Name: not null } check
            || scope.IsNew(check.Schema, check.Table)
        )
        {
            return null;
        }

        // Dropped and added again, it is never missing: the new one stands in the transaction that takes the old one away.
        var again = scope
            .Before.OfType<DropCheckConstraintOperation>()
            .Any(drop => drop.Name == check.Name && drop.Table == check.Table && drop.Schema == check.Schema);
        return new Rewrite([
            new AddNotValidOperation(check, suppressTransaction: !again).Noted(
                "holds for new rows from now on; existing ones are looked at later"
            ),
            OnlineSql.Validate(scope.Quoted(check.Table, check.Schema), scope.Quoted(check.Name)),
        ]);
    }
}
