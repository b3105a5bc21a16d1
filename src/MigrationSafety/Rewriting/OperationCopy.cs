using System.Reflection;
using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Rewriting;

/// <summary>
/// A copy of an operation to change. The original stays as the migration's author wrote it: its checksum is made of it.
/// </summary>
internal static class OperationCopy
{
    public static T Copy<T>(this T operation)
        where T : MigrationOperation, new()
    {
        var copy = new T();
        // Whatever a later EF Core adds to an operation must not get lost on the way.
        foreach (var property in typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property is { CanWrite: true, CanRead: true } && property.GetIndexParameters().Length == 0)
            {
                property.SetValue(copy, property.GetValue(operation));
            }
        }

        copy.AddAnnotations(operation.GetAnnotations());
        return copy;
    }
}
