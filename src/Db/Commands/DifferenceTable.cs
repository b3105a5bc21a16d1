using Db.Console;
using MigrationSafety.Schema;

namespace Db.Commands;

/// <summary>Shows where a schema differs.</summary>
internal static class DifferenceTable
{
    public static void Show(Report report, IReadOnlyList<SchemaDifference> differences) =>
        report.Table(
            ["", "object", "expected", "found"],
            differences,
            d =>
                [
                    d.Kind.ToString().ToLowerInvariant(),
                    d.Property is null ? d.Object : $"{d.Object}\n{d.Property}",
                    d.InOneLine().Expected,
                    d.InOneLine().Found,
                ],
            d => d.ToString()
        );
}
