using System.Text;
using MigrationSafety.Hazards;

namespace Db.Linting.Formats;

/// <summary>The outcome as workflow commands of GitHub Actions: an error beside the line of each finding.</summary>
internal static class LintGitHub
{
    public static string Of(LintOutcome outcome)
    {
        var text = new StringBuilder();
        foreach (var found in outcome.Subjects.SelectMany(subject => subject.Findings))
        {
            var finding = found.Finding;
            var title = outcome.Hazards.GetValueOrDefault(finding.Hazard)?.Title;
            var properties = new List<string>();
            if (finding.Where.File is { } file)
            {
                properties.Add($"file={Property(file)}");
            }

            if (finding.Where.Line > 0)
            {
                properties.Add($"line={finding.Where.Line}");
            }

            properties.Add($"title={Property(title is null ? finding.Hazard : $"{finding.Hazard}: {title}")}");
            var message = found.AcceptedBecause is { } reason
                ? $"Accepted: {reason}"
                : $"{finding.What}\n\nInstead:\n{finding.Instead}\n\nMore: {FindingText.Page(finding.Hazard)}";
            text.Append(found.AcceptedBecause is null ? "::error " : "::notice ")
                .AppendJoin(',', properties)
                .Append("::")
                .Append(Message(message.ReplaceLineEndings("\n")))
                .Append('\n');
        }

        return text.Append(outcome.Summary).ToString();
    }

    // The runner splits at line feeds, and undoes these three in a message.
    private static string Message(string text) =>
        text.Replace("%", "%25", StringComparison.Ordinal)
            .Replace("\r", "%0D", StringComparison.Ordinal)
            .Replace("\n", "%0A", StringComparison.Ordinal);

    // In a property, a colon and a comma mean something as well.
    private static string Property(string text) =>
        Message(text).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
}
