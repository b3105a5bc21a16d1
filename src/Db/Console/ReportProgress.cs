namespace Db.Console;

/// <summary>Progress into a report, at once: <see cref="Progress{T}"/> posts to a pool thread, and its last line may come after the result.</summary>
internal sealed class ReportProgress(Report report) : IProgress<string>
{
    public void Report(string value) => report.Progress(value);
}
