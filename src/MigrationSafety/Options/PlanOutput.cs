namespace MigrationSafety;

/// <summary>Whether a run happens, or only says what it would do.</summary>
public enum PlanOutput
{
    /// <summary>The run happens.</summary>
    None,

    /// <summary>What would run is written for people, and nothing is changed.</summary>
    Text,

    /// <summary>What would run is written as JSON, and nothing is changed.</summary>
    Json,
}
