using System.Text.RegularExpressions;
using Db.Bundles;

namespace Db.Releasing.Steps;

/// <summary>Runs the bundle as a process: exactly the file and the plan that the checks before it have seen.</summary>
internal sealed partial class BundleStep : IReleaseStep
{
    private const int LinesKept = 40;

    public string Id => "migrate";

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

        var lines = new Queue<string>();
        var run = await WriteLogAsync(
            context,
            lines,
            log =>
                bundle.RunAsync(
                    ["--", .. expected, .. context.Options.RailsArguments],
                    line => Said(context, lines, log, line.Text),
                    ct
                )
        );
        var code = run.ExitCode;
        Evidence[] evidence =
        [
            new("exit code", $"{code}"),
            new("bundle (SHA-256)", bundle.Digest),
            new("plan", plan.Digest),
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
                lines.Count == 0
                    ? $"The bundle ended with exit code {code} and said nothing."
                    : string.Join('\n', lines),
                "do what the bundle's message says; the commands to go on and to go back stand below.",
                evidence
            );
    }

    private static async Task<BundleRun> WriteLogAsync(
        ReleaseContext context,
        Queue<string> lines,
        Func<TextWriter, Task<BundleRun>> run
    )
    {
        await using var log = TextWriter.Synchronized(
            new StreamWriter(context.Folder!.BundleLog, append: true) { AutoFlush = true }
        );
        lines.Clear();
        return await run(log);
    }

    private static void Said(ReleaseContext context, Queue<string> lines, TextWriter log, string line)
    {
        log.WriteLine($"{DateTimeOffset.UtcNow:O} {line}");
        if (string.IsNullOrWhiteSpace(line) || line is "Done.")
        {
            return;
        }

        lock (lines)
        {
            lines.Enqueue(line);
            if (lines.Count > LinesKept)
            {
                lines.Dequeue();
            }
        }

        context.Say(
            AppliesOrReverts().IsMatch(line) ? ReleaseEventKind.Migration
                : Waits().IsMatch(line) ? ReleaseEventKind.Wait
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

    [GeneratedRegex("^(Applying|Reverting) migration '")]
    private static partial Regex AppliesOrReverts();

    [GeneratedRegex("could not get a lock within|Waiting for it, at most|The connection was lost:")]
    private static partial Regex Waits();
}
