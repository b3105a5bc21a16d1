using MigrationSafety.Hazards;

namespace Db.Linting;

/// <summary>Everything that was looked at, and what was found in it.</summary>
/// <param name="Subjects">Each migration's direction, or each file, also those in which nothing was found.</param>
/// <param name="Hazards">What is known of each hazard, by id.</param>
internal sealed record LintOutcome(IReadOnlyList<LintSubject> Subjects, IReadOnlyDictionary<string, Hazard> Hazards)
{
    /// <summary>Findings that nobody has accepted.</summary>
    public IEnumerable<LintFinding> Unaccepted =>
        Subjects.SelectMany(subject => subject.Findings).Where(finding => finding.AcceptedBecause is null);

    /// <summary>Findings that were accepted, each with its reason.</summary>
    public IEnumerable<LintFinding> Accepted =>
        Subjects.SelectMany(subject => subject.Findings).Where(finding => finding.AcceptedBecause is not null);

    /// <summary>One line: how much was looked at and how much was found.</summary>
    public string Summary
    {
        get
        {
            var (unaccepted, accepted) = (Unaccepted.Count(), Accepted.Count());
            var looked = Subjects.Select(subject => subject.Name).Distinct(StringComparer.Ordinal).Count();
            var kind = Subjects.All(subject => subject.Direction is null) ? "file" : "migration";
            return $"{Count(unaccepted, "hazard")} in {Count(looked, kind)}"
                + (accepted > 0 ? $"; {accepted} accepted." : ".");
        }
    }

    private static string Count(int number, string noun) =>
        number switch
        {
            0 => $"No {noun}",
            1 => $"1 {noun}",
            _ => $"{number} {noun}s",
        };
}

/// <summary>A migration's Up or Down, or a file of SQL.</summary>
/// <param name="Name">The migration's id, or the file's name.</param>
/// <param name="Direction">Up or Down, or null for a file.</param>
/// <param name="File">Where it is written, relative to the working copy, or null.</param>
/// <param name="Findings">What was found in it, in its order.</param>
internal sealed record LintSubject(string Name, string? Direction, string? File, IReadOnlyList<LintFinding> Findings);

/// <summary>One finding.</summary>
/// <param name="Finding">What was found.</param>
/// <param name="AcceptedBecause">The reason by which the migration accepts it, or null.</param>
internal sealed record LintFinding(Finding Finding, string? AcceptedBecause);
