using System.Text;
using System.Text.Encodings.Web;

namespace Db.Releasing.Reports;

/// <summary>The report as one page that needs nothing beside it: for a telephone, a dark room and a printer too.</summary>
internal static class ReportPage
{
    private const string Style = """
        :root { color-scheme: light dark;
          --page: #fbfbfa; --card: #ffffff; --text: #1c2024; --faint: #5d6570; --line: #d9dce1;
          --good: #1a7f42; --look: #8f5b00; --bad: #c02626; --none: #6b7280; --wait: #b45309; --bar: #2f6fb4; }
        @media (prefers-color-scheme: dark) { :root {
          --page: #14171a; --card: #1d2125; --text: #e8eaed; --faint: #a3abb5; --line: #363c44;
          --good: #5ecb85; --look: #e5b04b; --bad: #ff7b72; --none: #9aa3ad; --wait: #f0a04b; --bar: #7db4ee; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 62rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0; }
        h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; }
        section, .steps > details { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem; }
        .steps > details { margin-bottom: .5rem; }
        summary { cursor: pointer; display: flex; flex-wrap: wrap; gap: .2rem .8rem; align-items: baseline; }
        summary .title { font-weight: 600; flex: 1 1 9rem; }
        summary .took { color: var(--faint); font-variant-numeric: tabular-nums; }
        .good { color: var(--good); } .look { color: var(--look); } .bad { color: var(--bad); } .none { color: var(--none); }
        .badge { font-weight: 600; }
        dl { display: grid; grid-template-columns: fit-content(34%) 1fr; gap: .25rem 1rem; margin: 0; }
        dt { color: var(--faint); overflow-wrap: anywhere; } dd { margin: 0; overflow-wrap: anywhere; white-space: pre-line; }
        .problem { font-weight: 600; color: var(--bad); }
        pre { margin: .4rem 0; padding: .6rem .8rem; background: var(--page); border: 1px solid var(--line); border-radius: .4rem;
          white-space: pre-wrap; overflow-wrap: anywhere; font: .9rem/1.45 ui-monospace, monospace; }
        .lane { position: relative; height: .8rem; background: var(--page); border-radius: .4rem; margin: .1rem 0 .6rem; }
        .lane i { position: absolute; top: 0; bottom: 0; min-width: 3px; border-radius: .4rem; background: currentColor; }
        .lane b { position: absolute; top: -.15rem; width: 3px; height: 1.1rem; background: var(--wait); }
        .lane-name { display: flex; justify-content: space-between; font-size: .9rem; gap: 1rem; }
        .lane-name span { color: var(--faint); font-variant-numeric: tabular-nums; }
        svg { display: block; width: 100%; height: 7rem; background: var(--page); border-radius: .4rem; }
        svg .latency { fill: var(--bar); } svg .failed { fill: var(--bad); }
        .break { color: var(--faint); font-size: .85rem; margin: .3rem 0 0; }
        .axis { display: flex; justify-content: space-between; color: var(--faint); font-size: .85rem; font-variant-numeric: tabular-nums; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: .92rem; }
        td { padding: .25rem .6rem .25rem 0; vertical-align: top; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
        td:first-child { white-space: nowrap; color: var(--faint); font-variant-numeric: tabular-nums; }
        @media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .4rem; } }
        @media print { body { background: none; } section, .steps > details { break-inside: avoid; } summary { list-style: none; } }
        """;

    public static string Of(ReleaseRecord record)
    {
        var html = new StringBuilder();
        html.Append(
            $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Text(ReportWords.Headline(record))}: release {Text(record.Id)}</title>
            <style>
            {Style}
            </style>
            </head>
            <body>
            <main>
            <h1 class="{ReportWords.Class(record)}">{Text(ReportWords.Headline(record))}</h1>
            {string.Concat(
                ReportWords.LeftOut(record).Select(line => $"<p>{Text(line)}</p>")
            )}

            """
        );
        State(html, record);
        html.AppendLine("<h2>The release</h2>").AppendLine("<section>").AppendLine("<dl>");
        foreach (var (name, value) in ReportWords.Facts(record))
        {
            html.AppendLine($"<dt>{Text(name)}</dt><dd>{Text(value)}</dd>");
        }

        html.AppendLine("</dl>").AppendLine("</section>");
        html.AppendLine("<h2>Timeline</h2>")
            .AppendLine("<section>")
            .Append(TimelinePicture.Of(record))
            .AppendLine("</section>");
        Steps(html, record);
        Events(html, record);
        return html.AppendLine("</main>").AppendLine("</body>").AppendLine("</html>").ToString();
    }

    /// <summary>What the page shows of a text: what a server said must not become markup.</summary>
    public static string Text(string value) => HtmlEncoder.Default.Encode(value);

    private static void State(StringBuilder html, ReleaseRecord record)
    {
        var problems = WhatToDo.Problems(record).ToList();
        if (problems.Count == 0 && record.State.Count == 0)
        {
            return;
        }

        html.AppendLine("<h2>Where the database stands, and what to do</h2>").AppendLine("<section>");
        foreach (var step in problems)
        {
            Problem(html, step);
        }

        foreach (var line in record.State)
        {
            html.AppendLine($"<p>{Text(line)}</p>");
        }

        if (WhatToDo.Choice(record) is { } choice)
        {
            html.AppendLine($"<p>{Text(choice)}</p>");
        }

        foreach (var (what, command, about) in WhatToDo.Commands(record))
        {
            html.AppendLine($"<p>{what}:</p><pre>{Text(command)}</pre>");
            foreach (var line in about)
            {
                html.AppendLine($"<p>{Text(line)}</p>");
            }
        }

        html.AppendLine("</section>");
    }

    private static void Problem(StringBuilder html, StepRecord step)
    {
        var result = step.Result!;
        var lines = result.Summary.Split('\n', 2);
        html.AppendLine($"<p class=\"problem\">{Text($"{step.Title}: {lines[0]}")}</p>");
        if (lines.Length > 1)
        {
            html.AppendLine($"<pre>{Text(lines[1])}</pre>");
        }

        if (WhatToDo.Seen(result).ToList() is { Count: > 0 } seen)
        {
            html.AppendLine("<dl>");
            foreach (var evidence in seen)
            {
                html.AppendLine($"<dt>{Text(evidence.Name)}</dt><dd>{Text(evidence.Value)}</dd>");
            }

            html.AppendLine("</dl>");
        }

        if (result.ToDo is { } toDo)
        {
            html.AppendLine($"<p><strong>To do:</strong> {Text(toDo)}</p>");
        }
    }

    private static void Steps(StringBuilder html, ReleaseRecord record)
    {
        html.AppendLine("<h2>Steps</h2>").AppendLine("<div class=\"steps\">");
        foreach (var step in record.Steps)
        {
            var outcome = step.Result?.Outcome;
            var took = step.Finished is { } end ? ReportWords.Duration(end - step.Started) : "";
            // Open, so that a printed page holds all of it.
            html.AppendLine("<details open>");
            html.AppendLine(
                $"<summary><span class=\"title\">{Text(step.Title)}</span><span class=\"took\">{took}</span>"
                    + $"<span class=\"badge {ReportWords.Class(outcome)}\">{ReportWords.Word(outcome)}</span></summary>"
            );
            if (step.Result is { } result)
            {
                html.AppendLine(
                    result.Summary.Contains('\n')
                        ? $"<pre>{Text(result.Summary)}</pre>"
                        : $"<p>{Text(result.Summary)}</p>"
                );
                if (result.ToDo is { } toDo)
                {
                    html.AppendLine($"<p><strong>To do:</strong> {Text(toDo)}</p>");
                }

                if (result.Evidence.Count > 0)
                {
                    html.AppendLine("<dl>");
                    // Where some are in order, the others are what to look at.
                    var some = result.Evidence.Any(evidence => evidence.IsInOrder);
                    foreach (var evidence in result.Evidence.OrderBy(evidence => some && evidence.IsInOrder))
                    {
                        var look = some && !evidence.IsInOrder ? " class=\"look\"" : "";
                        html.AppendLine($"<dt{look}>{Text(evidence.Name)}</dt><dd>{Text(evidence.Value)}</dd>");
                    }

                    html.AppendLine("</dl>");
                }
            }

            html.AppendLine("</details>");
        }

        html.AppendLine("</div>");
    }

    private static void Events(StringBuilder html, ReleaseRecord record)
    {
        html.AppendLine("<h2>What happened when</h2>").AppendLine("<section class=\"scroll\">").AppendLine("<table>");
        foreach (var e in record.Events)
        {
            var style = e.Kind switch
            {
                ReleaseEventKind.Error => "bad",
                ReleaseEventKind.Wait => "look",
                _ => "",
            };
            html.AppendLine($"<tr><td>{e.At.UtcDateTime:HH:mm:ss}</td><td class=\"{style}\">{Text(e.Text)}</td></tr>");
        }

        html.AppendLine("</table>").AppendLine("</section>");
    }
}
