using System.Globalization;
using Db.Commands;
using Db.CriticalQueries;

namespace Db.Releasing.Steps;

/// <summary>Runs the application's critical queries as the role that it uses.</summary>
internal sealed class QueriesStep : IReleaseStep
{
    public string Id => "queries";

    public string Title => "Run the critical queries";

    public StepPhase Phase => StepPhase.After;

    public string Intention(ReleaseContext context) =>
        context.Options.CriticalQueries is { } folder
            ? $"run the queries in {folder}, and compare rows, time and plan with what each expects"
            : "nothing: there is no folder release/critical-queries";

    public async Task<StepResult> RunAsync(ReleaseContext context, CancellationToken ct)
    {
        if (context.Options.CriticalQueries is not { } folder)
        {
            return StepResult.Skipped(
                "there is no folder release/critical-queries; take it along, or name it: --release-folder"
            );
        }

        var queries = CriticalQueryFiles.Read(folder);
        await using var connection = await context.Database.OpenAsync(ct);
        var results = await new CriticalQueryRun(connection).RunAsync(
            queries,
            text => context.Say(ReleaseEventKind.Information, text),
            ct
        );
        var before = await FoundBefore.ReadAsync(context, ct);
        var wrong = results.Where(result => !result.AsExpected).ToList();
        IReadOnlyList<Evidence> evidence =
        [
            .. results.Select(result => new Evidence(
                result.Name,
                result.AsExpected
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $"{result.Rows} {(result.Rows == 1 ? "row" : "rows")} in {result.Milliseconds:0.0} ms as {result.RanAs}"
                    )
                    : string.Join("; ", result.Problems) + (before.Has(result) ? $"; {FoundBefore.Mark}" : "")
            )
            {
                IsInOrder = result.AsExpected,
                WasSoBefore = !result.AsExpected && before.Has(result),
            }),
        ];
        return wrong.Count == 0
            ? StepResult.Passed($"{results.Count} queries, all as expected", evidence)
            : StepResult.Failed(
                $"{wrong.Count} of {results.Count} critical queries are not as expected: {string.Join(", ", wrong.Select(r => r.Name))}",
                $"if users wait for them, go back; otherwise correct the query or the index by a migration. Alone: {Alone(context)}",
                evidence
            );
    }

    private static string Alone(ReleaseContext context) =>
        ToolCommand.OnDatabase([
            "queries",
            .. context.Options.NamedFolder is { } named ? ["--release-folder", named] : Array.Empty<string>(),
        ]);
}
