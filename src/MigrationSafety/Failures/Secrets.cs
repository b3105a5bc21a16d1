using System.Text.RegularExpressions;

namespace MigrationSafety.Failures;

/// <summary>Hides what a migration's own text is expected to hold of secrets: CREATE ROLE … PASSWORD '…'.</summary>
internal static partial class Secrets
{
    /// <summary>The text, as long as before, so that a caret still points at the right place.</summary>
    public static string Masked(string sql) =>
        Password().Replace(sql, match => match.Groups[1].Value + new string('*', match.Groups[2].Length));

    [GeneratedRegex(@"(\bPASSWORD\s+)('(?:[^']|'')*')", RegexOptions.IgnoreCase)]
    private static partial Regex Password();
}
