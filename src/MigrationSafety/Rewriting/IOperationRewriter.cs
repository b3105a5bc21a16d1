using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>Puts the online form in the place of one kind of operation.</summary>
internal interface IOperationRewriter
{
    /// <summary>What stands in the place of the operation at <see cref="RewriteScope.Position"/>, or null to leave it as it is.</summary>
    Rewrite? Of(RewriteScope scope);
}

/// <summary>What stands in the place of one or more operations.</summary>
/// <param name="Operations">The operations that run instead, in order.</param>
/// <param name="Replaced">How many of the operations, from the current one on, they stand for.</param>
internal sealed record Rewrite(IReadOnlyList<MigrationOperation> Operations, int Replaced = 1);
