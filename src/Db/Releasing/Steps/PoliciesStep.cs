using Db.Commands;
using Db.Policies;

namespace Db.Releasing.Steps;

/// <summary>Tries every persona's every command on the live database.</summary>
internal sealed class PoliciesStep : IReleaseStep
{
    public string Id => "policies";

    public string Title => "Prove the policies";

    public StepPhase Phase => StepPhase.After;

    public string Intention(ReleaseContext context) =>
        "try every persona's select, insert, update and delete on every table, in transactions that are rolled back";

    public async Task<StepResult> RunAsync(ReleaseContext context, CancellationToken ct)
    {
        await using var connection = await context.Database.OpenAsync(ct);
        var found = await new PolicyProof(connection).RunAsync(
            text => context.Say(ReleaseEventKind.Information, text),
            ct
        );
        var before = await FoundBefore.ReadAsync(context, ct);
        IReadOnlyList<Evidence> evidence =
        [
            .. found.Wrong.Select(cell => new Evidence(
                PolicyWords.Name(cell),
                PolicyWords.Problem(cell) + (before.Has(cell) ? $"; {FoundBefore.Mark}" : "")
            )
            {
                WasSoBefore = before.Has(cell),
            }),
            .. found.Untried.Select(untried => new Evidence($"not tried: {untried.What}", untried.Why)),
        ];
        return found switch
        {
            { Wrong.Count: > 0 } => StepResult.Failed(
                $"{found.Wrong.Count} of {found.Tried} cells of the persona table are wrong: somebody reaches what they should not, or no longer what they should",
                PolicyWords.ToDo,
                evidence
            ),
            { NotTried.Count: > 0 } => new StepResult(
                StepOutcome.Warned,
                $"{found.NotTried.Count} of {found.Tried + found.NotTried.Count} cells could not be tried; the others are as the persona table says",
                evidence,
                $"try again when what stood in the way is gone: {ToolCommand.OnDatabase(["policies"])}"
            ),
            _ => StepResult.Passed($"{found.Tried} cells, all as the persona table says"),
        };
    }
}
