using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>Sets a column's default for rows to come; rows that exist keep what they hold.</summary>
/// <param name="column">The column with its default.</param>
internal sealed class SetDefaultOperation(AddColumnOperation column) : MigrationOperation
{
    public AddColumnOperation Column => column;
}
