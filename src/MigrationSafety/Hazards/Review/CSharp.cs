namespace MigrationSafety.Hazards.Review;

/// <summary>Writes what a finding tells to write instead as C# of a migration.</summary>
internal static class CSharp
{
    /// <summary>A string of C#.</summary>
    public static string Literal(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    /// <summary><c>schema: "…", </c> for a table outside of public, else nothing.</summary>
    public static string Schema(Statements.Syntax.ObjectName table) =>
        table.Schema is null or "public" ? "" : $"schema: {Literal(table.Schema)}, ";

    /// <summary>SQL as a command of a migration, with the semicolon that idempotent scripts need.</summary>
    public static string Sql(string sql, bool suppressTransaction = false) =>
        suppressTransaction
            ? $"migrationBuilder.Sql({Raw(Ended(sql))}, suppressTransaction: true);"
            : $"migrationBuilder.Sql({Raw(Ended(sql))});";

    private static string Ended(string sql) => sql.TrimEnd().EndsWith(';') ? sql : sql + ";";

    private static string Raw(string sql) =>
        sql.Contains('"') || sql.Contains('\n')
            ? $"\n    \"\"\"\n    {sql.Replace("\n", "\n    ", StringComparison.Ordinal)}\n    \"\"\""
            : Literal(sql);
}
