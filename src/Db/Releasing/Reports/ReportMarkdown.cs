using System.Text;

namespace Db.Releasing.Reports;

/// <summary>The report as Markdown, for a pull request, a wiki or a pipeline's summary.</summary>
internal static class ReportMarkdown
{
    public static string Of(ReleaseRecord record)
    {
        var text = new StringBuilder();
        text.AppendLine($"# {ReportWords.Headline(record)}: {Text(record.Database)}").AppendLine();
        foreach (var failure in ReportWords.Failures(record).Concat(ReportWords.LeftOut(record)))
        {
            text.AppendLine($"**{Text(failure)}**").AppendLine();
        }

        text.AppendLine("| | |").AppendLine("|---|---|");
        foreach (var (name, value) in ReportWords.Facts(record))
        {
            text.AppendLine($"| {name} | {Cell(value)} |");
        }

        if (record.State.Count > 0)
        {
            text.AppendLine().AppendLine("## Where the database stands").AppendLine();
            foreach (var line in record.State)
            {
                text.AppendLine($"- {Text(line)}");
            }

            Command(text, "To go on", record.ToGoOn);
            Command(text, "To go back", record.ToGoBack);
            foreach (var line in record.AboutGoingBack)
            {
                text.AppendLine().AppendLine(Text(line));
            }
        }

        text.AppendLine().AppendLine("## Steps").AppendLine();
        text.AppendLine("| step | outcome | took | what was seen |").AppendLine("|---|---|---|---|");
        foreach (var step in record.Steps)
        {
            var took = step.Finished is { } end ? ReportWords.Duration(end - step.Started) : "";
            var seen = string.Join(
                "<br>",
                new[] { step.Result?.Summary ?? "" }
                    .Concat(step.Result?.Evidence.Select(Line) ?? [])
                    .Append(step.Result?.ToDo is { } toDo ? $"To do: {toDo}" : "")
                    .Where(line => line.Length > 0)
                    .Select(Cell)
            );
            text.AppendLine($"| {step.Title} | {ReportWords.Word(step.Result?.Outcome)} | {took} | {seen} |");
        }

        var notable = record.Events.Where(e => e.Kind is ReleaseEventKind.Wait or ReleaseEventKind.Error).ToList();
        if (notable.Count > 0)
        {
            text.AppendLine().AppendLine("## Waits and errors").AppendLine();
            foreach (var e in notable)
            {
                text.AppendLine($"- {e.At.UtcDateTime:HH:mm:ss} {Text(e.Text)}");
            }
        }

        return text.ToString();
    }

    private static void Command(StringBuilder text, string what, string? command)
    {
        if (command is not null)
        {
            text.AppendLine()
                .AppendLine($"{what}:")
                .AppendLine()
                .AppendLine("```sh")
                .AppendLine(command)
                .AppendLine("```");
        }
    }

    private static string Line(Evidence evidence) =>
        evidence.Value.Length == 0 ? evidence.Name : $"{evidence.Name}: {evidence.Value}";

    private static string Cell(string value) =>
        Text(value).Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings("<br>");

    // What a server said must not become markup of the page that shows it.
    private static string Text(string value) =>
        value
            .Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace("`", "\\`", StringComparison.Ordinal);
}
