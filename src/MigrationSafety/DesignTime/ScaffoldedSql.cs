using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.DesignTime;

/// <summary>SQL that a project wants beside each new table: which files, and the call that runs them.</summary>
public interface INewTableSql
{
    /// <summary>The SQL for a table that a migration which is being written makes, or null for none.</summary>
    /// <param name="migration">The migration's name, without the time in front of it.</param>
    /// <param name="table">The table.</param>
    ScaffoldedSql? For(string migration, CreateTableOperation table);
}

/// <summary>A pair of SQL files and the call that runs the one in Up and the other in Down.</summary>
/// <param name="Call">What stands behind <c>migrationBuilder.</c>, without a semicolon; the same in Up and Down.</param>
/// <param name="Up">Run after the table was made.</param>
/// <param name="Down">Run before the table is dropped.</param>
public sealed record ScaffoldedSql(string Call, ScaffoldedSqlFile Up, ScaffoldedSqlFile Down);

/// <summary>A file of SQL.</summary>
/// <param name="Path">Its path, relative to the project's folder, with slashes.</param>
/// <param name="Sql">Its text.</param>
public sealed record ScaffoldedSqlFile(string Path, string Sql);
