namespace MigrationSafety.Statements;

/// <summary>A text as SQL.</summary>
internal static class SqlLiteral
{
    public static string Of(string text) =>
        text.Contains('\\', StringComparison.Ordinal)
            ? $"E'{text.Replace("\\", @"\\").Replace("'", "''")}'"
            : $"'{text.Replace("'", "''")}'";
}
