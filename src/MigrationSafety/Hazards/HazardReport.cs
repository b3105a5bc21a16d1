namespace MigrationSafety.Hazards;

/// <summary>What a review found.</summary>
/// <param name="Findings">Hazards that nobody accepted, in the order of the statements.</param>
/// <param name="Accepted">Hazards that somebody accepted, with the reason.</param>
/// <param name="Unmatched">Acceptances that match nothing. They are errors: each would hide the next hazard of its id.</param>
/// <param name="NotRead">Statements that could not be read, and so were not checked.</param>
public sealed record HazardReport(
    IReadOnlyList<Finding> Findings,
    IReadOnlyList<AcceptedFinding> Accepted,
    IReadOnlyList<UnmatchedAcceptance> Unmatched,
    IReadOnlyList<UnreadStatement> NotRead
);

/// <summary>A hazard that somebody accepted.</summary>
/// <param name="Finding">The hazard.</param>
/// <param name="Reason">Why it is no danger there.</param>
public sealed record AcceptedFinding(Finding Finding, string Reason);

/// <summary>An acceptance that matches nothing.</summary>
/// <param name="Hazard">The id in it.</param>
/// <param name="Why">What is wrong with it, and what to do.</param>
/// <param name="Where">Where it stands.</param>
public sealed record UnmatchedAcceptance(string Hazard, string Why, FindingPlace Where)
{
    /// <summary>The acceptance as a finding of its own, for reports and refusals.</summary>
    public Finding AsFinding()
    {
        var isAttribute = Where.Sql.Length == 0;
        return new Finding(
            Checks.AcceptanceUnmatched.Id,
            $"{Hazard} is accepted here, and nothing has it. {Why}",
            "remove the acceptance, or correct its id and what it is limited to"
                + (isAttribute ? ".\nWhere only some databases have the hazard: DependsOnDatabase = true" : ""),
            isAttribute ? Where with { Sql = $"[AcceptHazard(\"{Hazard}\", …)]" } : Where,
            null,
            ""
        );
    }
}

/// <summary>A statement that could not be read.</summary>
/// <param name="Why">Where reading it ended.</param>
/// <param name="Where">Where it stands.</param>
public sealed record UnreadStatement(string Why, FindingPlace Where);
