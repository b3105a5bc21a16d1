using System.Globalization;
using System.Text;

namespace Db.Releasing.Reports;

/// <summary>The picture of a release: a lane for each step with its waits, and below them what the probe query waited.</summary>
internal static class TimelinePicture
{
    private static readonly TimeSpan _noticeable = TimeSpan.FromMilliseconds(100);

    private const int Columns = 240;
    private const double Height = 100;

    public static string Of(ReleaseRecord record)
    {
        if (record.Steps.Count == 0)
        {
            return "<p>No step was taken.</p>\n";
        }

        var axis = new TimeAxis(record);
        var html = new StringBuilder();
        var first = record.Steps[0];
        if (first.Started - axis.Start > _noticeable)
        {
            Lane("Look at the database and the bundle", StepOutcome.Passed, axis.Start, first.Started);
        }

        foreach (var step in record.Steps)
        {
            var finished = TimeAxis.EndOf(record, step);
            Lane(
                step.Title,
                step.Result?.Outcome,
                step.Started,
                finished,
                record.Events.Where(e =>
                    e.Kind == ReleaseEventKind.Wait && e.Step == step.Id && e.At >= step.Started && e.At <= finished
                )
            );
        }

        Latency(html, record, axis);
        html.AppendLine(
            $"<div class=\"axis\"><span>{axis.Start.UtcDateTime:HH:mm:ss}</span><span>{axis.End.UtcDateTime:HH:mm:ss} UTC</span></div>"
        );
        foreach (var (from, to) in axis.Breaks)
        {
            html.AppendLine(
                $"<p class=\"break\">Nobody worked on it from {from.UtcDateTime:HH:mm:ss} to {to.UtcDateTime:HH:mm:ss} UTC "
                    + $"({ReportWords.Duration(to - from)}); the picture leaves that out.</p>"
            );
        }

        return html.ToString();

        void Lane(
            string title,
            StepOutcome? outcome,
            DateTimeOffset from,
            DateTimeOffset to,
            IEnumerable<ReleaseEvent>? waits = null
        )
        {
            html.AppendLine(
                $"<div class=\"lane-name\">{ReportPage.Text(title)}<span>{ReportWords.Word(outcome)}, {ReportWords.Duration(to - from)}</span></div>"
            );
            html.Append($"<div class=\"lane {ReportWords.Class(outcome)}\">");
            html.Append(
                $"<i style=\"left:{Percent(axis.At(from))}%;width:{Percent(axis.At(to) - axis.At(from))}%\"></i>"
            );
            foreach (var wait in waits ?? [])
            {
                html.Append(
                    $"<b style=\"left:{Percent(axis.At(wait.At))}%\" title=\"{ReportPage.Text(wait.Text)}\"></b>"
                );
            }

            html.AppendLine("</div>");
        }

        static string Percent(double share) => Number(share * 100);
    }

    // Each column is the slowest answer in it; the height is logarithmic, so that 2 ms and 2 s can both be seen.
    private static void Latency(StringBuilder html, ReleaseRecord record, TimeAxis axis)
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
        // The probe answers once a second: a short release has fewer columns.
        var columns = Math.Clamp(axis.Seconds, 1, Columns);
        foreach (var column in record.Probe.GroupBy(second => (int)(axis.At(second.At) * columns)))
        {
            var slowest = column.Max(second => second.LongestMilliseconds);
            var failed = column.Sum(second => second.Errors) > 0;
            var height = Math.Log10(1 + slowest) / Math.Log10(1 + top) * (Height - 4);
            var x = Math.Clamp(column.Key / columns * Columns, 0, Columns - 1);
            var width = Math.Max(Columns / columns * 0.9, 0.8);
            html.AppendLine(
                $"<rect class=\"{(failed ? "failed" : "latency")}\" x=\"{Number(x)}\" y=\"{Number(Height - height)}\" width=\"{Number(width)}\" "
                    + $"height=\"{Number(height)}\"><title>{column.First().At.UtcDateTime:HH:mm:ss}: {ReportWords.Milliseconds(slowest)}</title></rect>"
            );
        }

        html.AppendLine("</svg>");
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
