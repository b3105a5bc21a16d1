namespace Db.Releasing.Reports;

/// <summary>Writes the reports of a release: a page, Markdown, and Markdown again where a pipeline shows a summary.</summary>
internal static class ReleaseReports
{
    public static void Write(RecordFolder folder, ReleaseRecord record)
    {
        File.WriteAllText(folder.Page, ReportPage.Of(record));
        var markdown = ReportMarkdown.Of(record);
        File.WriteAllText(folder.Markdown, markdown);
        // GitHub shows what is written there on the page of the job.
        if (Environment.GetEnvironmentVariable("GITHUB_STEP_SUMMARY") is { Length: > 0 } summary)
        {
            File.AppendAllText(summary, markdown);
        }
    }
}
