using System.Reflection;

namespace MigrationSafety;

/// <summary>The types of this assembly.</summary>
internal static class LoadableTypes
{
    /// <summary>
    /// All but those for the design time: where dotnet ef's own assemblies are not there, as in an application, they cannot be loaded.
    /// </summary>
    public static IEnumerable<Type> All()
    {
        try
        {
            return typeof(LoadableTypes).Assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            return e.Types.OfType<Type>();
        }
    }
}
