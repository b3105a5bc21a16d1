namespace MigrationSafety;

/// <summary>
/// Accepts one hazard in one migration, with a reason that stands in the plan and in the report. One that matches nothing is itself an
/// error: it would hide the next hazard of that id.
/// </summary>
/// <param name="hazard">The hazard's id, as the finding names it.</param>
/// <param name="reason">Why it is no danger here, for the person who reads it in a year.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class AcceptHazardAttribute(string hazard, string reason) : Attribute
{
    /// <summary>The hazard's id.</summary>
    public string Hazard { get; } = hazard;

    /// <summary>Why it is no danger here.</summary>
    public string Reason { get; } = reason;

    /// <summary>The table or other object that this acceptance is limited to; null accepts it for all of the migration's.</summary>
    public string? On { get; init; }

    /// <summary>
    /// Whether the hazard is there only in some databases, such as those that were made by hand: then it is no error that the migration
    /// read alone does not have it.
    /// </summary>
    public bool DependsOnDatabase { get; init; }
}
