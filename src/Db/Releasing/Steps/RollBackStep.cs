using Db.Backups;
using Db.Bundles;
using Db.Commands;

namespace Db.Releasing.Steps;

/// <summary>Takes back what a failed release applied, by the bundle, which refuses where anything would be lost.</summary>
internal sealed class RollBackStep : IReleaseStep
{
    public const string Name = "roll-back";

    public string Id => Name;

    public string Title => "Roll back";

    public StepPhase Phase => StepPhase.Migrate;

    public string Intention(ReleaseContext context) =>
        $"run {context.Bundle.Path} {context.Record.Before ?? "0"}, where nothing would be lost by it";

    public async Task<StepResult> RunAsync(ReleaseContext context, CancellationToken ct)
    {
        var target = context.Record.Before ?? "0";
        // It is given the owner's connection: only the file that was rehearsed may have that.
        if (!await context.Bundle.IsUnchangedAsync(ct))
        {
            return StepResult.Failed(
                $"{context.Bundle.Path} is another file than at the start of this release, so it was not run.",
                $"find out who replaced it, put the bundle with this SHA-256 back, then go back by hand: {Command(context, target)}",
                new Evidence("SHA-256 at the start", context.Bundle.Digest)
            );
        }

        var before = await StateAsync(context, ct);
        var run = await context.Bundle.RunAsync(
            [target],
            line =>
            {
                context.Folder!.NoteBundle(line.Text);
                if (Says(line))
                {
                    context.Say(ReleaseEventKind.Migration, line.Text);
                }
            },
            ct
        );
        var command = Command(context, target);
        var exitCode = new Evidence("exit code", $"{run.ExitCode}");
        if (run.ExitCode != 0)
        {
            // What the bundle says of the state and of a backup is of its run alone; the release knows better.
            return BundleRefusal.Losses(run.Said).Count > 0
                ? StepResult.Failed(
                    BundleRefusal.What(run.Failure),
                    $"what was applied stays applied. To have a copy of what it names first: {BackupStore.Of(context.Options.Backups).ToMake}; "
                        + $"to go back all the same, and lose it: {command} -- --allow-data-loss",
                    exitCode
                )
                : StepResult.Failed(
                    BundleRefusal.WithoutState(run.Failure),
                    $"what it says; then go back by hand: {command}",
                    exitCode
                );
        }

        var differences = await SchemaBefore.CompareAsync(context, ct);
        var gone = RemovedData.NotBroughtBack(context.Record, before, context.Database.Connection);
        if (differences.Count == 0 && gone is null)
        {
            return StepResult.Passed($"back at {target}, and the schema is as it was", exitCode);
        }

        return new StepResult(
            StepOutcome.Warned,
            differences.Count == 0
                ? $"back at {target}: the schema is as it was, but not the data"
                : $"back at {target}, but the schema is not quite what it was before the release: a Down does not take everything back",
            [exitCode, .. differences.Select(difference => new Evidence(difference.ToString(), ""))],
            string.Join(
                " ",
                new[]
                {
                    differences.Count > 0
                        ? "give back by hand what the application that runs needs of it, and correct that Down before the next release."
                        : null,
                    gone,
                }.OfType<string>()
            )
        );
    }

    private static async Task<DatabaseState> StateAsync(ReleaseContext context, CancellationToken ct)
    {
        await using var connection = await context.Database.OpenAsync(ct);
        return await DatabaseState.ReadAsync(connection, ct);
    }

    private static string Command(ReleaseContext context, string target) =>
        $"{ToolCommand.Naming(context.Database.Connection)}{context.Bundle.Command} {target}";

    // The release says the state and what to do itself.
    private static bool Says(BundleLine line) =>
        !string.IsNullOrWhiteSpace(line.Text)
        && line.Text != "Done."
        && !line.Text.StartsWith("State: ", StringComparison.Ordinal)
        && !line.Text.StartsWith("To do: ", StringComparison.Ordinal);
}
