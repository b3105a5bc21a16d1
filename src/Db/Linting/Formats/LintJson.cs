using System.Text.Encodings.Web;
using System.Text.Json;
using MigrationSafety.Hazards;

namespace Db.Linting.Formats;

/// <summary>The outcome for a program, in fields of its own.</summary>
internal static class LintJson
{
    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Of(LintOutcome outcome) =>
        JsonSerializer.Serialize(
            new
            {
                unaccepted = outcome.Unaccepted.Count(),
                accepted = outcome.Accepted.Count(),
                looked = outcome.Subjects.Select(subject => new
                {
                    subject.Name,
                    subject.Direction,
                    subject.File,
                    findings = subject.Findings.Count,
                }),
                findings = outcome.Subjects.SelectMany(subject =>
                    subject.Findings.Select(found => new
                    {
                        found.Finding.Hazard,
                        group = outcome.Hazards.GetValueOrDefault(found.Finding.Hazard)?.Group.ToString(),
                        title = outcome.Hazards.GetValueOrDefault(found.Finding.Hazard)?.Title,
                        found.Finding.Where.Migration,
                        found.Finding.Where.Direction,
                        found.Finding.Where.File,
                        line = found.Finding.Where.Line > 0 ? found.Finding.Where.Line : (int?)null,
                        found.Finding.Object,
                        found.Finding.Where.Sql,
                        found.Finding.What,
                        found.Finding.Instead,
                        found.AcceptedBecause,
                        page = FindingText.Page(found.Finding.Hazard),
                    })
                ),
            },
            _options
        );
}
