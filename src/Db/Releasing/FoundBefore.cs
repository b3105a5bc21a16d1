using System.Text.Json;
using Db.CriticalQueries;
using Db.Policies;

namespace Db.Releasing;

/// <summary>What was not in order already before a release began to migrate: going back does not mend that.</summary>
/// <param name="Cells">Cells of the persona table that were wrong.</param>
/// <param name="Queries">Critical queries that were not as expected.</param>
internal sealed record FoundBefore(IReadOnlyList<PolicyCell> Cells, IReadOnlyList<CriticalQueryResult> Queries)
{
    /// <summary>What is said of it.</summary>
    public const string Mark = "already so before this release; going back does not mend it";

    /// <summary>Whether a cell was wrong in the same way.</summary>
    public bool Has(PolicyCell cell) =>
        Cells.Any(before =>
            (before.Persona, before.Table, before.Command, before.Found)
            == (cell.Persona, cell.Table, cell.Command, cell.Found)
        );

    /// <summary>Whether a query was not as expected. One that could not run then may only have waited for the migrations.</summary>
    public bool Has(CriticalQueryResult query) =>
        Queries.Any(before =>
            before.Name == query.Name && (before.Rows is not null || before.Problems.SequenceEqual(query.Problems))
        );

    /// <summary>Looks, and writes it down, once a release: a resumed one has changed it already.</summary>
    public static async Task KeepAsync(ReleaseContext context, CancellationToken ct)
    {
        if (File.Exists(PathOf(context)))
        {
            return;
        }

        var before = new FoundBefore(
            await OrNothingAsync("policies", () => CellsAsync(context, ct)),
            await OrNothingAsync("queries", () => QueriesAsync(context, ct))
        );
        var next = PathOf(context) + ".new";
        await File.WriteAllTextAsync(next, JsonSerializer.Serialize(before), ct);
        File.Move(next, PathOf(context), overwrite: true);

        // It only explains what is found afterwards: what stands in its way must not stand in the release's.
        async Task<IReadOnlyList<T>> OrNothingAsync<T>(string step, Func<Task<IReadOnlyList<T>>> look)
        {
            try
            {
                return context.Options.Without.ContainsKey(step) ? [] : await look();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                return [];
            }
        }
    }

    /// <summary>What was found; nothing where it was not written down.</summary>
    public static async Task<FoundBefore> ReadAsync(ReleaseContext context, CancellationToken ct) =>
        context.Folder is not null && File.Exists(PathOf(context))
            ? JsonSerializer.Deserialize<FoundBefore>(await File.ReadAllTextAsync(PathOf(context), ct))!
            : new FoundBefore([], []);

    private static async Task<IReadOnlyList<PolicyCell>> CellsAsync(ReleaseContext context, CancellationToken ct)
    {
        await using var connection = await context.Database.OpenAsync(ct);
        return (await new PolicyProof(connection).RunAsync(progress: null, ct)).Wrong;
    }

    private static async Task<IReadOnlyList<CriticalQueryResult>> QueriesAsync(
        ReleaseContext context,
        CancellationToken ct
    )
    {
        if (context.Options.CriticalQueries is not { } folder)
        {
            return [];
        }

        await using var connection = await context.Database.OpenAsync(ct);
        var results = await new CriticalQueryRun(connection).RunAsync(CriticalQueryFiles.Read(folder), null, ct);
        return [.. results.Where(result => !result.AsExpected)];
    }

    private static string PathOf(ReleaseContext context) =>
        Path.Combine(context.Folder!.Directory, "found-before.json");
}
