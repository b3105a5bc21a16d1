using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>A migration's operations with the online form in the place of those that would keep the application out.</summary>
internal static class OnlineForm
{
    private static readonly IReadOnlyList<IOperationRewriter> Rewriters =
    [
        new CreateIndexRewriter(),
        new ReplaceIndexRewriter(),
        new DropIndexRewriter(),
        new ForeignKeyRewriter(),
        new CheckConstraintRewriter(),
        new ReplaceKeyRewriter(),
        new UniqueConstraintRewriter(),
        new PrimaryKeyRewriter(),
        new RequiredColumnRewriter(),
        new VolatileDefaultRewriter(),
    ];

    /// <summary>Rewrites in place: what its author wrote first still runs first.</summary>
    public static IReadOnlyList<MigrationOperation> Of(IReadOnlyList<MigrationOperation> operations, RewriteScope scope)
    {
        var online = new List<MigrationOperation>();
        while (scope.Position < operations.Count)
        {
            var rewrite = KeptAsWritten.ReasonOf(scope.Current) is null
                ? Rewriters.Select(rewriter => rewriter.Of(scope)).FirstOrDefault(found => found is not null)
                : null;
            online.AddRange(rewrite?.Operations ?? [scope.Current]);
            scope.Advance(rewrite?.Replaced ?? 1);
        }

        return online;
    }
}
