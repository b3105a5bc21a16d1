using System.Reflection;
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
        .. Types()
            .Where(type => type.IsSubclassOf(typeof(HazardCheck)) && !type.IsAbstract)
            .Select(type => (HazardCheck)Activator.CreateInstance(type)!)
            .OrderBy(check => check.Hazard.Id, StringComparer.Ordinal),
    ];

    // Where dotnet ef's own assemblies are not there, as in an application, the types for them cannot be loaded; no check is one of them.
    private static IEnumerable<Type> Types()
    {
        try
        {
            return typeof(HazardChecks).Assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            return e.Types.OfType<Type>();
        }
    }
}
