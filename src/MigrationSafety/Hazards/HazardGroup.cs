namespace MigrationSafety.Hazards;

/// <summary>What goes wrong when a hazard comes true.</summary>
public enum HazardGroup
{
    /// <summary>Readers or writers wait.</summary>
    BlocksTheApplication,

    /// <summary>The release that is still running, or runs again after a rollback, fails on the new schema.</summary>
    BreaksTheRunningRelease,

    /// <summary>Rows or values are gone.</summary>
    LosesData,

    /// <summary>A failure half-way leaves something that the next run, or a person, has to clean up.</summary>
    LeavesAMess,

    /// <summary>Somebody may read or write what they should not.</summary>
    OpensADoor,

    /// <summary>Nothing fails now; every later day pays.</summary>
    CostsForEver,
}
