using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.EntityFrameworkCore.Migrations.Operations.Builders;
using MigrationSafety.Rewriting;

// The namespace that every migration file uses already.
namespace Microsoft.EntityFrameworkCore.Migrations;

/// <summary>Keeps single operations of a migration from being rewritten.</summary>
public static class KeepAsWrittenExtensions
{
    /// <summary>
    /// Runs this operation exactly as EF Core writes it, inside the migration's transaction, instead of the form that lets the application
    /// go on: <c>migrationBuilder.CreateIndex(…).KeepAsWritten("the table is partitioned")</c>.
    /// </summary>
    /// <typeparam name="TOperation">The kind of operation.</typeparam>
    /// <param name="builder">The operation.</param>
    /// <param name="reason">Why that does no harm here. Plans and scripts show it.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">No reason is given.</exception>
    public static OperationBuilder<TOperation> KeepAsWritten<TOperation>(
        this OperationBuilder<TOperation> builder,
        string reason
    )
        where TOperation : MigrationOperation
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return builder.Annotation(KeptAsWritten.Annotation, reason);
    }
}
