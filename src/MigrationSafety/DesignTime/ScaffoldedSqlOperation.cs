using System.Diagnostics;
using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.DesignTime;

/// <summary>SQL that is known already, written into the migration as a call of the project's own.</summary>
[DebuggerDisplay("migrationBuilder.{Call};")]
internal sealed class ScaffoldedSqlOperation : SqlOperation
{
    public required string Call { get; init; }
}
