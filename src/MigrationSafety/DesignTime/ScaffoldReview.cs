using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using MigrationSafety.Hazards;

namespace MigrationSafety.DesignTime;

/// <summary>Looks at a migration that was just written, after all those before it.</summary>
internal static class ScaffoldReview
{
    /// <summary>What was found, for the person who is writing the migration; null where nothing was.</summary>
    public static string? Of(ScaffoldedChanges changes, string id, DbContext context)
    {
        var generator = context.GetService<IMigrationsSqlGenerator>();
        var assembly = context.GetService<IMigrationsAssembly>();
        var model = context.GetService<IDesignTimeModel>().Model;
        var before = assembly.ModelSnapshot is { } snapshot
            ? context
                .GetService<IModelRuntimeInitializer>()
                .Initialize(snapshot.Model, designTime: true, validationLogger: null)
            : null;
        var report = new HazardReview().Review([
            .. MigrationScripts.Of(context, isHistory: _ => true, withDown: false),
            Script(changes.Up, model, "Up"),
            Script(changes.Down, before, "Down"),
        ]);
        if (report.Findings.Count == 0)
        {
            return null;
        }

        var hazards = HazardChecks.Hazards.ToDictionary(hazard => hazard.Id, StringComparer.Ordinal);
        var text = new StringBuilder();
        foreach (var direction in report.Findings.GroupBy(finding => finding.Where.Direction))
        {
            text.Append(direction.Key).Append(" of ").Append(id).Append(":\n");
            foreach (var finding in direction)
            {
                text.Append('\n').Append(FindingText.Of(finding, hazards.GetValueOrDefault(finding.Hazard)));
            }

            text.Append('\n');
        }

        var count = report.Findings.Count;
        return text.Append(
                $"{(count == 1 ? "This hazard is" : $"These {count} hazards are")} refused when the migration runs, until the code is changed or the "
                    + "hazard is accepted with a reason."
            )
            .ToString();

        HazardScript Script(IReadOnlyList<MigrationOperation> operations, IModel? target, string direction) =>
            new(MigrationScripts.Commands(generator, [.. operations.Select(AsEfKnowsIt)], target))
            {
                Migration = id,
                Direction = direction,
            };
    }

    // The generator looks an operation up by its very type.
    private static MigrationOperation AsEfKnowsIt(MigrationOperation operation) =>
        operation is ScaffoldedSqlOperation scaffolded ? new SqlOperation { Sql = scaffolded.Sql } : operation;
}
