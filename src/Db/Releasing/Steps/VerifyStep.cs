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
        // What both of them lack or have too much, no migration has made.
        var before = await SchemaBefore.ReadAsync(context, ct) is { } schema
            ? ExpectedSchema.Read().Compare(schema).ToHashSet()
            : [];
        return StepResult.Failed(
            $"{differences.Count} {(differences.Count == 1 ? "difference" : "differences")} from what the migrations make",
            migrations.Unknown.Count > 0
                ? $"release with the build that knows {string.Join(", ", migrations.Unknown)}."
                : ToDo(differences.Count(before.Contains), differences.Count),
            [
                .. differences
                    // First what came with this release.
                    .OrderBy(before.Contains)
                    .Take(DifferencesShown)
                    .Select(d => new Evidence(d.ToString(), before.Contains(d) ? FoundBefore.Mark : "")
                    {
                        WasSoBefore = before.Contains(d),
                    }),
            ]
        );
    }

    private static string ToDo(int before, int all) =>
        (
            before == all ? ByHand
            : before > 0 ? $"{CameWithIt} {ByHand}"
            : CameWithIt
        ) + $" Details: {ToolCommand.OnDatabase(["verify"])}";

    private const string ByHand =
        "What was so before this release was done by hand: undo it, or put it into a migration.";

    private const string CameWithIt =
        "What was not so before it came with it: `db snapshot` was not run after the migration was added (then the database is right: run it, "
        + "commit what it writes, and build again with db ship), the bundle is of another build than this tool, or somebody changed the schema meanwhile.";
}
