using MigrationSafety.Hazards.Review;

namespace MigrationSafety.Hazards;

/// <summary>All hazards there are.</summary>
public static class HazardChecks
{
    /// <summary>What is known of each, by id.</summary>
    public static IReadOnlyList<Hazard> Hazards => field ??= [.. All.Select(check => check.Hazard)];

    /// <summary>Every check in this assembly, by id.</summary>
    internal static IReadOnlyList<HazardCheck> All { get; } =
    [
        .. LoadableTypes
            .All()
            .Where(type => type.IsSubclassOf(typeof(HazardCheck)) && !type.IsAbstract)
            .Select(type => (HazardCheck)Activator.CreateInstance(type)!)
            .OrderBy(check => check.Hazard.Id, StringComparer.Ordinal),
    ];
}
