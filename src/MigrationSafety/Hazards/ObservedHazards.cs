namespace MigrationSafety.Hazards;

/// <summary>Hazards that are seen when a migration runs and not when it is read: no check has their ids, and an acceptance of one is not
/// one of nothing.</summary>
public static class ObservedHazards
{
    /// <summary>Their ids.</summary>
    public static IReadOnlySet<string> Ids { get; } =
        new HashSet<string>
        {
            "rewrites-table",
            "scans-under-lock",
            "builds-index-under-lock",
            "holds-lock-through-work",
            "leaves-invalid-index",
            "fails-on-rows",
            "breaks-previous-release",
            "down-does-not-restore",
        };
}
