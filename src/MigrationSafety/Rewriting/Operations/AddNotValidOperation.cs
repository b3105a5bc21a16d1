using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>Adds a foreign key or check that PostgreSQL enforces for new rows at once, without looking at those that exist.</summary>
/// <param name="constraint">The constraint as it was written.</param>
/// <param name="suppressTransaction">Whether it is committed by itself.</param>
internal sealed class AddNotValidOperation(MigrationOperation constraint, bool suppressTransaction) : MigrationOperation
{
    public MigrationOperation Constraint => constraint;

    public bool SuppressTransaction => suppressTransaction;
}
