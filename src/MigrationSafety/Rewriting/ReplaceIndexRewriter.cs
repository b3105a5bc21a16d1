using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>
/// An index that changes is dropped and created under the same name. In one transaction nobody sees it missing; built concurrently it
/// would be missing for as long as the build takes. So the new one is built beside the old one, which goes when its successor is ready.
/// </summary>
internal sealed class ReplaceIndexRewriter : IOperationRewriter
{
    public Rewrite? Of(RewriteScope scope)
    {
        // EF Core writes all drops, then all creations; anything else between them may need the one before the other.
        var run = new List<MigrationOperation>();
        while (scope.At(scope.Position + run.Count) is (DropIndexOperation or CreateIndexOperation) and { } operation)
        {
            run.Add(operation);
        }

        var pairs = run.OfType<DropIndexOperation>()
            .Select(drop => (Drop: drop, Create: run.OfType<CreateIndexOperation>().FirstOrDefault(c => IsOf(drop, c))))
            .Where(pair =>
                pair.Create is not null
                && run.IndexOf(pair.Create) > run.IndexOf(pair.Drop)
                && !scope.IsNew(pair.Create.Schema, pair.Create.Table)
            )
            .ToList();
        if (pairs.Count == 0)
        {
            return null;
        }

        var online = run.SelectMany(operation =>
            operation switch
            {
                DropIndexOperation drop when pairs.Any(pair => pair.Drop == drop) => [],
                CreateIndexOperation create when pairs.Find(pair => pair.Create == create) is { Drop: { } drop } => Of(
                    scope,
                    drop,
                    create
                ),
                DropIndexOperation drop when drop.Table is null || !scope.IsNew(drop.Schema, drop.Table) =>
                [
                    DropIndexRewriter.Concurrently(scope, drop),
                ],
                CreateIndexOperation create when !scope.IsNew(create.Schema, create.Table) =>
                [
                    CreateIndexRewriter.Concurrently(create.Copy(), "built while writers go on"),
                ],
                _ => [operation],
            }
        );
        return new Rewrite([.. online], run.Count);
    }

    private static IEnumerable<MigrationOperation> Of(
        RewriteScope scope,
        DropIndexOperation drop,
        CreateIndexOperation create
    )
    {
        var successor = create.Copy();
        successor.Name = ObjectName.With(create.Name, "successor");
        yield return CreateIndexRewriter.Concurrently(
            successor,
            "built beside the index that it replaces, while writers go on"
        );
        yield return DropIndexRewriter.Concurrently(scope, drop);
        yield return OnlineSql.Alone(
            $"ALTER INDEX {scope.Quoted(successor.Name, create.Schema)} RENAME TO {scope.Quoted(create.Name)};",
            "takes the place of the index that it replaces"
        );
    }

    private static bool IsOf(DropIndexOperation drop, CreateIndexOperation create) =>
        drop.Name == create.Name && drop.Schema == create.Schema && (drop.Table is null || drop.Table == create.Table);
}
