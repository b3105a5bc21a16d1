using System.Text.RegularExpressions;

namespace MigrationSafety.Hazards.Review;

/// <summary>A comment that accepts a hazard in the statement below it: <c>-- accept: index-not-concurrent (an empty table)</c>.</summary>
/// <param name="Hazard">The hazard's id.</param>
/// <param name="Reason">Why; empty where the comment gives none.</param>
/// <param name="Line">The line it stands on.</param>
internal sealed partial record AcceptComment(string Hazard, string Reason, int Line)
{
    /// <summary>The comments in what stands between two statements.</summary>
    /// <param name="between">The text between them.</param>
    /// <param name="line">The line on which it starts.</param>
    public static IReadOnlyList<AcceptComment> Read(string between, int line) =>
        between.Contains("accept", StringComparison.OrdinalIgnoreCase)
            ?
            [
                .. Pattern()
                    .Matches(between)
                    .Select(m => new AcceptComment(
                        m.Groups["id"].Value,
                        m.Groups["reason"].Value.Trim(),
                        line + between.AsSpan(0, m.Index).Count('\n')
                    )),
            ]
            : [];

    [GeneratedRegex(
        @"--[ \t]*accept:[ \t]*(?<id>[a-z0-9-]+)[ \t]*(?:\((?<reason>[^\r\n]*)\))?",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Pattern();
}
