using System.Text;

namespace Db.Releasing.Reports;

/// <summary>The report as Markdown, for a pull request, a wiki or a pipeline's summary.</summary>
internal static class ReportMarkdown
{
    public static string Of(ReleaseRecord record)
    {
        var text = new StringBuilder();
        text.AppendLine($"# {ReportWords.Headline(record)}: {Text(record.Database)}").AppendLine();
        foreach (var line in ReportWords.LeftOut(record))
        {
            text.AppendLine($"**{Text(line)}**").AppendLine();
        }

        State(text, record);
        text.AppendLine("| | |").AppendLine("|---|---|");
        foreach (var (name, value) in ReportWords.Facts(record))
        {
            text.AppendLine($"| {name} | {Cell(value)} |");
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

    private static void State(StringBuilder text, ReleaseRecord record)
    {
        var problems = WhatToDo.Problems(record).ToList();
        if (problems.Count == 0 && record.State.Count == 0)
        {
            return;
        }

        text.AppendLine("## Where the database stands, and what to do").AppendLine();
        foreach (var step in problems)
        {
            text.AppendLine($"**{Lines($"{step.Title}: {step.Result!.Summary}")}**").AppendLine();
            foreach (var evidence in WhatToDo.Seen(step.Result))
            {
                text.AppendLine($"- {Lines(Line(evidence))}");
            }

            if (step.Result.ToDo is { } toDo)
            {
                text.AppendLine().AppendLine($"To do: {Lines(toDo)}");
            }

            text.AppendLine();
        }

        foreach (var line in record.State)
        {
            text.AppendLine($"- {Text(line)}");
        }

        text.AppendLine();
        if (WhatToDo.Choice(record) is { } choice)
        {
            text.AppendLine(Text(choice)).AppendLine();
        }

        foreach (var (what, command, about) in WhatToDo.Commands(record))
        {
            text.AppendLine($"{what}:")
                .AppendLine()
                .AppendLine("```sh")
                .AppendLine(command)
                .AppendLine("```")
                .AppendLine();
            foreach (var line in about)
            {
                text.AppendLine(Text(line)).AppendLine();
            }
        }
    }

    private static string Lines(string value) => Text(value).ReplaceLineEndings("<br>");

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
