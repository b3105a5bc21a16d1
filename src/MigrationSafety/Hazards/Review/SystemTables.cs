using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>PostgreSQL's own tables.</summary>
internal static class SystemTables
{
    public static bool Is(ObjectName table) =>
        table.Schema is "pg_catalog" or "information_schema"
        || (table.Schema is null && table.Name.StartsWith("pg_", StringComparison.Ordinal));
}
