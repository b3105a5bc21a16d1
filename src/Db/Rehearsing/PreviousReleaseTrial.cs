using Data;
using Data.Access;
using Data.Migrations;
using Db.Backups;
using Db.Bundles;
using Db.Compatibility;
using Db.Tracing;
using Db.Tracing.Findings;
using Db.Tracing.Rows;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Hazards;
using Npgsql;

namespace Db.Rehearsing;

/// <summary>
/// Runs the release before against the schema after, in two small databases beside the restored copy: the schema as it was backed up, with
/// made rows, and the same with the bundle run on it. The copy itself is not touched, however large it is.
/// </summary>
/// <param name="scratch">The server of the rehearsal.</param>
/// <param name="bundleFor">The bundle, against a database there.</param>
/// <param name="railsArguments">As they will stand in the release.</param>
/// <param name="progress">Told what is being done.</param>
internal sealed class PreviousReleaseTrial(
    ScratchDatabase scratch,
    Func<string, BundleProcess> bundleFor,
    IReadOnlyList<string> railsArguments,
    IProgress<string>? progress
)
{
    private const string Before = "rehearsal_before";
    private const string After = "rehearsal_after";

    // Enough for rows that differ and rows that are alike; more would try nothing else.
    private const int Rows = 50;

    /// <summary>Tries it.</summary>
    /// <param name="newest">The newest migration that was applied before: its model is that release's.</param>
    /// <param name="pending">The migrations of this release.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<RehearsedPrevious> RunAsync(string newest, IReadOnlyList<string> pending, CancellationToken ct)
    {
        progress?.Report($"Trying the release before (the model of {newest}) on the new schema.");
        await using var context = DesignTimeFactory.CreateFor("Host=localhost");
        var known = context.GetService<IMigrationsAssembly>().Migrations;
        if (!known.ContainsKey(newest))
        {
            return Problem($"this build does not know {newest}, so it does not know that release's model.");
        }

        try
        {
            var before = await scratch.RestoreSchemaAsync(Before, AppDatabaseOptions.HistorySchema, ct);
            RowMaker maker;
            await using (var session = new NpgsqlConnection(before))
            {
                await session.OpenAsync(ct);
                maker = new RowMaker(session, OwnTables.Of(context).Has, Rows);
                await maker.FillAsync(ct);
            }

            var after = await scratch.CopyAsync(Before, After, ct);
            var run = await bundleFor(After).RunAsync(["--", .. railsArguments], null, ct);
            if (run.ExitCode != 0)
            {
                return Problem($"on tables with {Rows} made rows each, the bundle failed: {run.Failure}");
            }

            var comparison = await new ReleaseComparer(
                DesignTimeFactory.CreateFor,
                new TraceOptions(Rows, Role: Persona.Service.Role),
                maker
            ).CompareAsync(newest, works: before, tried: after, ct);
            var accepted = pending.Where(known.ContainsKey).SelectMany(id => AcceptedHazard.Of(known[id])).ToList();
            return new RehearsedPrevious(
                newest,
                comparison.Role,
                comparison.Tried,
                [
                    .. ReleaseFindings
                        .Of(comparison, codeFirst: null)
                        .Select(finding => TraceFindings.Judge(finding, accepted))
                        .OrderByDescending(finding => finding.Severity),
                ],
                comparison.NotTried,
                null
            );
        }
        catch (Exception e) when (e is PostgresException or ArchiveException)
        {
            return Problem(e.Message);
        }

        RehearsedPrevious Problem(string why) => new(newest, null, 0, [], [], why);
    }
}
