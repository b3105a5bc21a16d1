using System.Text.RegularExpressions;

namespace MigrationSafety.Schema;

/// <summary>Compares two sets of objects by their names, not by their places.</summary>
internal static partial class SchemaComparison
{
    public static IEnumerable<SchemaDifference> Of(
        IReadOnlyList<SchemaObject> expected,
        IReadOnlyList<SchemaObject> found
    )
    {
        var there = found.ToDictionary(o => o.Key);
        foreach (var item in expected)
        {
            if (there.TryGetValue(item.Key, out var same))
            {
                foreach (var difference in OfProperties(item, same))
                {
                    yield return difference;
                }
            }
            else
            {
                yield return new(SchemaDifferenceKind.Missing, item.Key, null, null, null);
            }
        }

        var known = expected.Select(o => o.Key).ToHashSet();
        foreach (var item in found.Where(o => !known.Contains(o.Key)))
        {
            yield return new(SchemaDifferenceKind.Extra, item.Key, null, null, null);
        }
    }

    // A grant names columns in their order in the table, which does not count.
    private static string InOrder(string property, string value) =>
        property.StartsWith("grant to ", StringComparison.Ordinal)
            ? ColumnList()
                .Replace(
                    value,
                    list => $"({string.Join(", ", list.Groups[1].Value.Split(", ").Order(StringComparer.Ordinal))})"
                )
            : value;

    [GeneratedRegex(@"\(([^()]*)\)")]
    private static partial Regex ColumnList();

    private static IEnumerable<SchemaDifference> OfProperties(SchemaObject expected, SchemaObject found)
    {
        var there = found.Properties.ToDictionary(p => p.Name, p => p.Value);
        foreach (var (name, value) in expected.Properties)
        {
            if (!there.TryGetValue(name, out var same))
            {
                yield return new(SchemaDifferenceKind.Missing, expected.Key, name, value, null);
            }
            else if (same != value && InOrder(name, same) != InOrder(name, value))
            {
                yield return new(SchemaDifferenceKind.Different, expected.Key, name, value, same);
            }
        }

        var known = expected.Properties.Select(p => p.Name).ToHashSet();
        foreach (var (name, value) in found.Properties.Where(p => !known.Contains(p.Name)))
        {
            yield return new(SchemaDifferenceKind.Extra, expected.Key, name, null, value);
        }
    }
}
