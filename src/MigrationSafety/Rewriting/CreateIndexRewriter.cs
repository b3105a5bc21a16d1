using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>
/// CREATE INDEX keeps every writer out until the index is built (Share); CREATE INDEX CONCURRENTLY lets them go on
/// (ShareUpdateExclusive).
/// </summary>
internal sealed class CreateIndexRewriter : IOperationRewriter
{
    /// <summary>The annotation that says so.</summary>
    public const string CreatedConcurrently = "Npgsql:CreatedConcurrently";

    public Rewrite? Of(RewriteScope scope) =>
        scope.Current is CreateIndexOperation index
        && !scope.IsNew(index.Schema, index.Table)
        && index[CreatedConcurrently] is not true
            ? new Rewrite([Concurrently(index.Copy(), "built while writers go on")])
            : null;

    /// <summary>Has Npgsql write an index, which is the caller's to change, with CONCURRENTLY.</summary>
    public static CreateIndexOperation Concurrently(CreateIndexOperation index, string note)
    {
        index[CreatedConcurrently] = true;
        return index.Noted(note);
    }
}
