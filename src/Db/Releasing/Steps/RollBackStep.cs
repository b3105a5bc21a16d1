using Db.Bundles;

namespace Db.Releasing.Steps;

/// <summary>Takes back what a failed release applied, by the bundle, which refuses where anything would be lost.</summary>
internal sealed class RollBackStep : IReleaseStep
{
    public string Id => "roll-back";

    public string Title => "Roll back";

    public StepPhase Phase => StepPhase.Migrate;

    public string Intention(ReleaseContext context) =>
        $"run {context.Bundle.Path} {context.Record.Before ?? "0"}, where nothing would be lost by it";

    public async Task<StepResult> RunAsync(ReleaseContext context, CancellationToken ct)
    {
        var target = context.Record.Before ?? "0";
        var run = await context.Bundle.RunAsync(
            [target],
            line =>
            {
                File.AppendAllText(
                    context.Folder!.BundleLog,
                    $"{DateTimeOffset.UtcNow:O} {line.Text}{Environment.NewLine}"
                );
                if (Says(line))
                {
                    context.Say(ReleaseEventKind.Migration, line.Text);
                }
            },
            ct
        );
        var command = $"{context.Bundle.Command} {target}";
        return run.ExitCode == 0
            ? StepResult.Passed($"back at {target}", new Evidence("exit code", $"{run.ExitCode}"))
            : StepResult.Failed(
                string.Join('\n', run.Lines.Where(Says).Select(line => line.Text)),
                run.Said.Contains("would delete data in", StringComparison.Ordinal)
                    ? $"what was applied stays applied. To go back all the same, and lose what it names: {command} -- --allow-data-loss"
                    : $"what it says; then go back by hand: {command}",
                new Evidence("exit code", $"{run.ExitCode}")
            );
    }

    private static bool Says(BundleLine line) => !string.IsNullOrWhiteSpace(line.Text) && line.Text != "Done.";
}
