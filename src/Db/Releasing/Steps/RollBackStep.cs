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
        var lines = new List<string>();
        var code = await context.Bundle.RunAsync(
            [target],
            line =>
            {
                File.AppendAllText(context.Folder!.BundleLog, $"{DateTimeOffset.UtcNow:O} {line}{Environment.NewLine}");
                if (!string.IsNullOrWhiteSpace(line) && line != "Done.")
                {
                    lines.Add(line);
                    context.Say(ReleaseEventKind.Migration, line);
                }
            },
            ct
        );
        return code == 0
            ? StepResult.Passed($"back at {target}", new Evidence("exit code", $"{code}"))
            : StepResult.Failed(
                string.Join('\n', lines),
                $"what was applied stays applied. To go back all the same, and lose what it names: {context.Bundle.Path} {target} -- --allow-data-loss",
                new Evidence("exit code", $"{code}")
            );
    }
}
