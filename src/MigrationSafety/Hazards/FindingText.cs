using System.Text;

namespace MigrationSafety.Hazards;

/// <summary>Says a finding to a person: what was found, what would happen, what to write instead, how to accept it.</summary>
public static class FindingText
{
    /// <summary>The page of a hazard in the documentation, relative to the repository's root.</summary>
    /// <param name="hazard">The hazard's id.</param>
    public static string Page(string hazard) => $"docs/hazards/{hazard}.md";

    /// <summary>The whole finding, in lines that are indented by two characters or more.</summary>
    /// <param name="finding">The finding.</param>
    /// <param name="hazard">What is known of its hazard, or null.</param>
    /// <param name="acceptedBecause">The reason by which it was accepted, or null.</param>
    public static string Of(Finding finding, Hazard? hazard, string? acceptedBecause = null)
    {
        var text = new StringBuilder();
        text.Append("  ").Append(finding.Hazard).Append(hazard is null ? "" : $": {hazard.Title}").Append('\n');
        if (Place(finding.Where) is { } place)
        {
            text.Append("    at ").Append(place).Append('\n');
        }

        Indented(text, finding.Where.Sql);
        if (acceptedBecause is not null)
        {
            Indented(text, $"Accepted: {acceptedBecause}");
            return text.ToString();
        }

        text.Append('\n');
        Indented(text, finding.What);
        if (finding.Instead.Length > 0)
        {
            text.Append("\n    Instead:\n");
            Indented(text, finding.Instead, 8);
        }

        text.Append("\n    More: ").Append(Page(finding.Hazard)).Append('\n');
        if (finding.Accept.Length > 0)
        {
            text.Append(
                    finding.Where.Migration is null
                        ? "    To accept it, above the statement: "
                        : "    To accept it, on the migration's class: "
                )
                .Append(finding.Accept)
                .Append('\n');
        }

        return text.ToString();
    }

    private static string? Place(FindingPlace where) =>
        where.File is null ? null
        : where.Line > 0 ? $"{where.File}:{where.Line}"
        : where.File;

    private static void Indented(StringBuilder text, string block, int by = 4)
    {
        foreach (var line in block.ReplaceLineEndings("\n").Trim('\n').Split('\n'))
        {
            text.Append(line.Length == 0 ? "" : new string(' ', by)).Append(line).Append('\n');
        }
    }
}
