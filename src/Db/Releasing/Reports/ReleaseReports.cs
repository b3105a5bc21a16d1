namespace Db.Releasing.Reports;

/// <summary>Writes the reports of a release: a page, Markdown, and Markdown again where a pipeline shows a summary.</summary>
internal static class ReleaseReports
{
    public static void Write(RecordFolder folder, ReleaseRecord record)
    {
        File.WriteAllText(folder.Page, ReportPage.Of(record));
        File.WriteAllText(folder.Markdown, ReportMarkdown.Of(record));
    }

    /// <summary>Adds the report to the page of the pipeline's job, where there is one. What was added there stays: once, at the end.</summary>
    public static void Summarize(ReleaseRecord record)
    {
        if (Environment.GetEnvironmentVariable("GITHUB_STEP_SUMMARY") is { Length: > 0 } summary)
        {
            File.AppendAllText(summary, ReportMarkdown.Of(record));
        }
    }
}
