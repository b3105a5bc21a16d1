namespace MigrationSafety.Failures;

/// <summary>PostgreSQL's own roles for what a statement does outside of the database, on the server's machine.</summary>
internal static class ServerFileRole
{
    public const string Reading = "pg_read_server_files";
    public const string Writing = "pg_write_server_files";
    public const string Programs = "pg_execute_server_program";

    /// <summary>The one that the server's "permission denied" is about, or null. Its text is another one since PostgreSQL 16.</summary>
    public static string? Of(string message) =>
        message.Contains("external program", StringComparison.Ordinal) ? Programs
        : message.Contains("COPY from a file", StringComparison.Ordinal) ? Reading
        : message.Contains("COPY to a file", StringComparison.Ordinal) ? Writing
        : null;
}
