namespace MigrationSafety;

/// <summary>What a run does about hazards that no migration accepts.</summary>
public enum HazardPolicy
{
    /// <summary>Nothing runs, and the message says what to write instead.</summary>
    Refuse,

    /// <summary>They are logged as a warning, and the run goes on.</summary>
    Report,

    /// <summary>They are not looked for.</summary>
    Ignore,
}
