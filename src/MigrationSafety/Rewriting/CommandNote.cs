using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>
/// The comment at the head of a command that says what was done to the operation it comes from. It stands in the SQL itself, so that
/// plans, scripts, logs and the server's own views all show it.
/// </summary>
internal static class CommandNote
{
    /// <summary>The annotation that carries a note from a rewrite to the SQL.</summary>
    public const string Annotation = "MigrationSafety:Online";

    private const string Online = "-- online: ";
    private const string Kept = "-- as written: ";

    /// <summary>Marks an operation that a rewrite made.</summary>
    public static T Noted<T>(this T operation, string note)
        where T : MigrationOperation
    {
        operation[Annotation] = note;
        return operation;
    }

    /// <summary>The comment line for an operation, or null when nothing was done to it.</summary>
    public static string? Of(MigrationOperation operation) =>
        operation[Annotation] is string note ? Online + note
        : KeptAsWritten.ReasonOf(operation) is { } reason ? Kept + OneLine(reason)
        : null;

    /// <summary>Reads the note back from a command's SQL: "online: …", "as written: …", or null.</summary>
    public static string? Read(string sql)
    {
        var text = sql.AsSpan().TrimStart();
        if (!text.StartsWith(Online, StringComparison.Ordinal) && !text.StartsWith(Kept, StringComparison.Ordinal))
        {
            return null;
        }

        var end = text.IndexOfAny('\r', '\n');
        return (end < 0 ? text : text[..end])["-- ".Length..].TrimEnd().ToString();
    }

    // A line break in a reason would end the comment and make SQL of the rest.
    private static string OneLine(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
