using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>The annotation of an operation that its author keeps from being rewritten.</summary>
internal static class KeptAsWritten
{
    /// <summary>The annotation's name; its value is the reason.</summary>
    public const string Annotation = "MigrationSafety:KeepAsWritten";

    /// <summary>The author's reason, or null when the operation may be rewritten.</summary>
    public static string? ReasonOf(MigrationOperation operation) => operation[Annotation] as string;
}
