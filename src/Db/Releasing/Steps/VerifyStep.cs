using Data.Migrations;
using Db.Commands;
using Db.Databases;
using MigrationSafety.Schema;

namespace Db.Releasing.Steps;

/// <summary>Compares the live schema with the one that the migrations make.</summary>
internal sealed class VerifyStep : IReleaseStep
{
    private const int DifferencesShown = 20;

    public string Id => "verify";

    public string Title => "Verify the schema";

    public StepPhase Phase => StepPhase.After;

    public string Intention(ReleaseContext context) =>
        "compare every table, index, policy, function and grant with Data.Migrations/schema.snapshot";

    public async Task<StepResult> RunAsync(ReleaseContext context, CancellationToken ct)
    {
        await using var connection = await context.Database.OpenAsync(ct);
        var (expected, differences, _) = await LiveSchema.CompareAsync(connection, ct);
        if (differences.Count == 0)
        {
            return StepResult.Passed($"{expected} objects, all as the migrations make them");
        }

        var migrations = await Migrations.ReadAsync(connection, ct);
        return StepResult.Failed(
            $"{differences.Count} {(differences.Count == 1 ? "difference" : "differences")} from what the migrations make",
            migrations.Unknown.Count > 0
                ? $"release with the build that knows {string.Join(", ", migrations.Unknown)}."
                : $"what differs was done by hand: put it into a migration, or undo it. Details: {ToolCommand.OnDatabase(["verify"])}",
            [.. differences.Take(DifferencesShown).Select(d => new Evidence(d.ToString(), ""))]
        );
    }
}
