using Db.Bundles;

namespace Db.Releasing.Steps;

/// <summary>Runs the bundle as a process: exactly the file and the plan that the checks before it have seen.</summary>
internal sealed class BundleStep : IReleaseStep
{
    public const string Name = "migrate";

    public string Id => Name;

    public string Title => "Migrate";

    public StepPhase Phase => StepPhase.Migrate;

    public string Intention(ReleaseContext context) =>
        context.Record.Pending.Count == 0
            ? $"run {context.Bundle.Path}: no migration is pending"
            : $"run {context.Bundle.Path}, plan {context.Record.Plan}: {string.Join(", ", context.Record.Pending)}";

    public async Task<StepResult> RunAsync(ReleaseContext context, CancellationToken ct)
    {
        var bundle = context.Bundle;
        if (!await bundle.IsUnchangedAsync(ct))
        {
            return StepResult.Failed(
                $"{bundle.Path} is another file than at the start of this release.",
                "find out who replaced it; then begin a new release, with a new rehearsal.",
                new Evidence("SHA-256 at the start", bundle.Digest)
            );
        }

        // After a part has run, what is left is another plan than the one that was accepted, and the rails know how to go on.
        var plan = await bundle.PlanAsync(context.Options.RailsArguments, ct);
        IReadOnlyList<string> expected = plan.Digest == context.Record.Plan ? ["--expect-plan", plan.Digest] : [];
        if (expected.Count == 0 && !IsRestOf(plan, context.Record))
        {
            return StepResult.Failed(
                $"What would run now is plan {plan.Digest}; the checks before have seen plan {context.Record.Plan}.",
                "somebody migrated in between, or changed the bundle: look at the new plan, and begin a new release.",
                new Evidence("now pending", Names(plan.Migrations.Select(m => m.Id)))
            );
        }

        await SchemaBefore.KeepAsync(context, ct);
        await FoundBefore.KeepAsync(context, ct);
        var run = await bundle.RunAsync(
            ["--", .. expected, .. context.Options.RailsArguments],
            line => Said(context, line.Text),
            ct
        );
        var code = run.ExitCode;
        Evidence[] evidence =
        [
            new("exit code", $"{code}"),
            new("bundle (SHA-256)", bundle.Digest) { IsInOrder = true },
            new("plan", plan.Digest) { IsInOrder = true },
            new("log", context.Folder!.BundleLog),
        ];
        return code == 0
            ? StepResult.Passed(
                plan.Migrations.Count == 0
                    ? "nothing was pending"
                    : $"applied {Names(plan.Migrations.Select(m => m.Id))}",
                evidence
            )
            : StepResult.Failed(
                run.Failure,
                run.SaidWhy
                    ? "do what the bundle's message says; the commands to go on and to go back stand below."
                    : "it left no message. Find out what ended it: a person, the machine's memory (dmesg -T | grep -i 'killed process'), or a pipeline's time-out. "
                        + "What it had committed is kept, and the rest of its migration was rolled back; then go on by the command below (--resume), which does what is left.",
                evidence
            );
    }

    private static void Said(ReleaseContext context, string line)
    {
        context.Folder!.NoteBundle(line);
        if (string.IsNullOrWhiteSpace(line) || line is "Done.")
        {
            return;
        }

        context.Say(
            BundleProcess.Beginning(line) is not null ? ReleaseEventKind.Migration
                : BundleRun.IsWait(line) ? ReleaseEventKind.Wait
                : ReleaseEventKind.Information,
            line
        );
    }

    private static bool IsRestOf(BundlePlan plan, ReleaseRecord record) =>
        plan.Migrations.All(migration => migration.Direction == "Up" && record.Pending.Contains(migration.Id))
        && plan.Migrations.Count <= record.Pending.Count
        && record.Steps.Count(step => step.Id == "migrate") > 1;

    private static string Names(IEnumerable<string> ids) =>
        string.Join(", ", ids) is { Length: > 0 } names ? names : "nothing";
}
