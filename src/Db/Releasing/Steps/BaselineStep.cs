using Db.Watching;
using MigrationSafety.Arguments;

namespace Db.Releasing.Steps;

/// <summary>Looks at the minutes before, so that the minutes after can be compared with something.</summary>
internal sealed class BaselineStep : IReleaseStep
{
    public const string Name = "baseline";

    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(1);

    public string Id => Name;

    public string Title => "Watch before";

    public StepPhase Phase => StepPhase.Before;

    public static string File(ReleaseContext context) => Path.Combine(context.Folder!.Directory, "baseline.json");

    public string Intention(ReleaseContext context) =>
        context.Options.Watch == TimeSpan.Zero
            ? "nothing: --watch is 0"
            : $"watch the database for {Text(Length(context))}, to compare with afterwards";

    public async Task<StepResult> RunAsync(ReleaseContext context, CancellationToken ct)
    {
        if (context.Options.Watch == TimeSpan.Zero)
        {
            return StepResult.Skipped("--watch is 0");
        }

        var period = await WatchStep
            .Of(context)
            .RunAsync(Length(context), text => context.Say(ReleaseEventKind.Information, text), ct);
        await period.SaveAsync(File(context), ct);
        return StepResult.Passed($"{Text(Length(context))} watched", new Evidence("file", File(context)));
    }

    private static TimeSpan Length(ReleaseContext context) =>
        context.Options.Watch < _longest ? context.Options.Watch : _longest;

    private static string Text(TimeSpan duration) => Duration.Text(duration);
}
