using Data.Access;
using Data.Migrations;
using Db.Adopting;
using Db.Commands;
using Db.CriticalQueries;
using Db.Databases;
using Db.Policies;
using MigrationSafety.Schema;

namespace Db.Preflight.Checks;

/// <summary>Is the schema what the applied migrations make? What was done by hand fails the release after it has migrated.</summary>
internal sealed class SchemaCheck : IPreflightCheck
{
    private const int Shown = 10;

    public string Id => "schema";

    public string Title => "The schema is as the applied migrations make it";

    public async Task<(PreflightOutcome Outcome, string Evidence, string? ToDo)> LookAsync(
        PreflightFacts facts,
        CancellationToken ct
    )
    {
        if (facts.LeftOut("verify") is { } leftOut)
        {
            return (PreflightOutcome.Ok, leftOut, null);
        }

        if (facts.SchemaBefore is not { } expected)
        {
            return (
                PreflightOutcome.Warn,
                "not known: no rehearsal of this bundle says what the migrations before it make; what was done by hand comes out after migrating, and going back does not mend it",
                facts.Rehearse
            );
        }

        var differences = await DriftAsync(facts, expected, ct);
        return differences.Count == 0
            ? (PreflightOutcome.Ok, $"{expected.Objects.Count} objects, all as the applied migrations make them", null)
            : (
                PreflightOutcome.Fail,
                $"{differences.Count} {(differences.Count == 1 ? "difference" : "differences")}, made by hand or by a Down that does not undo all:{Listed.Of(differences.Select(difference => difference.ToString()), Shown)}",
                "undo it, or put it into a migration, build and rehearse again. Released as it is, the release fails after migrating, and going back does not mend it."
            );
    }

    /// <summary>What is not as the migrations make it, without what an adopted database keeps.</summary>
    public static async Task<IReadOnlyList<SchemaDifference>> DriftAsync(
        PreflightFacts facts,
        SchemaSnapshot expected,
        CancellationToken ct
    )
    {
        var connection = facts.Context.Connection;
        var found = await SchemaSnapshot.ReadAsync(connection, ExpectedSchema.Scope, ct);
        return (await KeptDifferences.PartAsync(connection, expected.Compare(found), ct)).Counted;
    }
}

/// <summary>May everybody do what the persona table says, as far as the pending migrations do not change it?</summary>
internal sealed class PoliciesCheck : IPreflightCheck
{
    private const int Shown = 10;

    private static readonly Dictionary<string, int> _widths = new[]
    {
        RowAccess.Denied,
        RowAccess.Public,
        RowAccess.Own,
        RowAccess.OwnAndPublic,
        RowAccess.All,
    }
        .Select((access, width) => (Text: AccessTable.Text(access), width))
        .ToDictionary(pair => pair.Text, pair => pair.width);

    public string Id => "policies";

    public string Title => "Everybody reaches what they should";

    public async Task<(PreflightOutcome Outcome, string Evidence, string? ToDo)> LookAsync(
        PreflightFacts facts,
        CancellationToken ct
    )
    {
        if (facts.LeftOut("policies") is { } leftOut)
        {
            return (PreflightOutcome.Ok, leftOut, null);
        }

        var report = await new PolicyProof(facts.Context.Connection).RunAsync(progress: null, ct);
        var wrong = report.Wrong.Where(cell => !facts.ArePending || !IsMissingTable(cell)).ToList();
        var byHand = await ByHandAsync(facts, wrong, ct);
        return byHand.Count > 0
                ? (
                    PreflightOutcome.Fail,
                    $"{byHand.Count} of {report.Tried} cells of the persona table are wrong before the release:{Listed.Of(byHand.Select(PolicyWords.Cell), Shown)}",
                    $"{PolicyWords.ToDo} Going back after the release would not mend it; where this release does, accept it: --accept policies=\"this release mends it\""
                )
            : wrong.Count > 0
                ? (
                    PreflightOutcome.Warn,
                    $"{wrong.Count} of {report.Tried} cells are not as this release's persona table says; it is taken that its migrations make them so:{Listed.Of(wrong.Select(PolicyWords.Cell), Shown)}",
                    "look whether the pending migrations change them"
                )
            : report.NotTried.Count > 0
                ? (
                    PreflightOutcome.Warn,
                    $"{report.NotTried.Count} of {report.Tried + report.NotTried.Count} cells could not be tried: {report.Untried.First().What}: {report.Untried.First().Why}",
                    $"try again when what stood in the way is gone: {ToolCommand.OnDatabase(["policies"])}"
                )
            : (PreflightOutcome.Ok, $"{report.Tried} cells, all as the persona table says", null);
    }

    // What the pending migrations change is not wrong before them. Where it is not known what was there, only what is open is sure to be.
    private static async Task<IReadOnlyList<PolicyCell>> ByHandAsync(
        PreflightFacts facts,
        IReadOnlyList<PolicyCell> wrong,
        CancellationToken ct
    )
    {
        if (!facts.ArePending || wrong.Count == 0)
        {
            return wrong;
        }

        if (facts.SchemaBefore is not { } expected)
        {
            return [.. wrong.Where(IsOpen)];
        }

        var drift = await SchemaCheck.DriftAsync(facts, expected, ct);
        return
        [
            .. wrong.Where(cell =>
                drift.Any(difference =>
                    difference.Object == $"table public.{cell.Table}"
                    || !difference.Object.StartsWith("table ", StringComparison.Ordinal)
                )
            ),
        ];
    }

    private static bool IsMissingTable(PolicyCell cell) => cell is { Command: "any", Found: "none" };

    private static bool IsOpen(PolicyCell cell) =>
        _widths.TryGetValue(cell.Expected, out var expected)
        && (!_widths.TryGetValue(cell.Found, out var found) || found > expected);
}

/// <summary>Do the application's critical queries run well now?</summary>
internal sealed class QueriesCheck : IPreflightCheck
{
    private const int Shown = 10;

    public string Id => "queries";

    public string Title => "The critical queries run as expected";

    public async Task<(PreflightOutcome Outcome, string Evidence, string? ToDo)> LookAsync(
        PreflightFacts facts,
        CancellationToken ct
    )
    {
        if (facts.LeftOut("queries") is { } leftOut)
        {
            return (PreflightOutcome.Ok, leftOut, null);
        }

        if (facts.Context.CriticalQueries is not { } folder)
        {
            return (PreflightOutcome.Ok, "there are none: no folder release/critical-queries", null);
        }

        var results = await new CriticalQueryRun(facts.Context.Connection).RunAsync(
            CriticalQueryFiles.Read(folder),
            progress: null,
            ct
        );
        var wrong = results.Where(result => !result.AsExpected).ToList();
        return wrong.Count == 0
            ? (PreflightOutcome.Ok, $"{results.Count} queries, all as expected", null)
            : (
                facts.ArePending ? PreflightOutcome.Warn : PreflightOutcome.Fail,
                $"{wrong.Count} of {results.Count} are not as expected before the release:{Listed.Of(wrong.Select(result => $"{result.Name}: {string.Join("; ", result.Problems)}"), Shown)}",
                facts.ArePending
                    ? "where no pending migration mends it, mend it first: the release fails at it after migrating, and going back does not mend it"
                    : "mend the query or the index first: the release fails at it otherwise"
            );
    }
}
