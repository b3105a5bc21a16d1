using System.Text;
using MigrationSafety.Hazards;

namespace Db.Linting.Formats;

/// <summary>The outcome for a person, in plain text that can be copied.</summary>
internal static class LintText
{
    public static string Of(LintOutcome outcome)
    {
        var text = new StringBuilder();
        foreach (var subject in outcome.Subjects.Where(subject => subject.Findings.Count > 0))
        {
            text.Append(subject.Name).Append(subject.Direction is null ? "\n" : $" ({subject.Direction})\n");
            foreach (var found in subject.Findings)
            {
                var hazard = outcome.Hazards.GetValueOrDefault(found.Finding.Hazard);
                text.Append('\n').Append(FindingText.Of(found.Finding, hazard, found.AcceptedBecause));
            }

            text.Append('\n');
        }

        return text.Append(outcome.Summary).ToString();
    }
}
