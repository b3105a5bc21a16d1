using System.Globalization;
using System.Text;

namespace Db.Releasing.Reports;

/// <summary>The picture of a release: a lane for each step with its waits, and below them what the probe query waited.</summary>
internal static class TimelinePicture
{
    private const int Columns = 240;
    private const double Height = 100;

    public static string Of(ReleaseRecord record)
    {
        if (record.Steps.Count == 0)
        {
            return "<p>No step was taken.</p>\n";
        }

        var start = record.Started;
        var end = record.Finished ?? record.Steps.Max(step => step.Finished ?? step.Started);
        var length = Math.Max((end - start).TotalSeconds, 0.001);
        var html = new StringBuilder();
        foreach (var step in record.Steps)
        {
            var finished = step.Finished ?? end;
            var took = ReportWords.Duration(finished - step.Started);
            html.AppendLine(
                $"<div class=\"lane-name\">{ReportPage.Text(step.Title)}<span>{ReportWords.Word(step.Result?.Outcome)}, {took}</span></div>"
            );
            html.Append($"<div class=\"lane {ReportWords.Class(step.Result?.Outcome)}\">");
            html.Append(
                $"<i style=\"left:{Percent(step.Started)}%;width:{Share((finished - step.Started).TotalSeconds)}%\"></i>"
            );
            foreach (
                var wait in record.Events.Where(e =>
                    e.Kind == ReleaseEventKind.Wait && e.Step == step.Id && e.At >= step.Started && e.At <= finished
                )
            )
            {
                html.Append($"<b style=\"left:{Percent(wait.At)}%\" title=\"{ReportPage.Text(wait.Text)}\"></b>");
            }

            html.AppendLine("</div>");
        }

        Latency(html, record, start, length);
        html.AppendLine(
            $"<div class=\"axis\"><span>{start.UtcDateTime:HH:mm:ss}</span><span>{end.UtcDateTime:HH:mm:ss} UTC</span></div>"
        );
        return html.ToString();

        string Percent(DateTimeOffset at) => Share((at - start).TotalSeconds);

        string Share(double seconds) => Number(Math.Clamp(seconds / length * 100, 0, 100));
    }

    // Each column is the slowest answer in it; the height is logarithmic, so that 2 ms and 2 s can both be seen.
    private static void Latency(StringBuilder html, ReleaseRecord record, DateTimeOffset start, double length)
    {
        if (record.Probe.Count == 0)
        {
            return;
        }

        var longest = record.Probe.Max(second => second.LongestMilliseconds);
        var top = Math.Max(longest, 10);
        html.AppendLine(
            $"<div class=\"lane-name\">Probe query, slowest answer<span>longest {ReportWords.Milliseconds(longest)}</span></div>"
        );
        html.AppendLine(
            $"<svg viewBox=\"0 0 {Columns} {Number(Height)}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Latency of the probe query "
                + $"through the release; the slowest answer took {ReportWords.Milliseconds(longest)}\">"
        );
        var perColumn = Math.Max(length / Columns, 1);
        foreach (var column in record.Probe.GroupBy(second => (int)((second.At - start).TotalSeconds / perColumn)))
        {
            var slowest = column.Max(second => second.LongestMilliseconds);
            var failed = column.Sum(second => second.Errors) > 0;
            var height = Math.Log10(1 + slowest) / Math.Log10(1 + top) * (Height - 4);
            var x = Math.Clamp(column.Key * perColumn / length * Columns, 0, Columns - 1);
            var width = Math.Max(perColumn / length * Columns * 0.9, 0.8);
            html.AppendLine(
                $"<rect class=\"{(failed ? "failed" : "latency")}\" x=\"{Number(x)}\" y=\"{Number(Height - height)}\" width=\"{Number(width)}\" "
                    + $"height=\"{Number(height)}\"><title>{column.First().At.UtcDateTime:HH:mm:ss}: {ReportWords.Milliseconds(slowest)}</title></rect>"
            );
        }

        html.AppendLine("</svg>");
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
