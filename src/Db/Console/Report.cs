using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Db.Console;

/// <summary>
/// Where results and progress go. Results go to standard output: as a table and in colour in a terminal, as plain lines
/// elsewhere, as one JSON document where that was asked for. Progress and errors go to standard error.
/// </summary>
internal sealed class Report
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly IAnsiConsole _out;
    private readonly IAnsiConsole _error;

    public Report(bool json, bool noColor, bool verbose)
    {
        IsJson = json;
        IsVerbose = verbose;
        var plain = noColor || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        IsTerminal = !json && !System.Console.IsOutputRedirected;
        _out = Create(System.Console.Out, plain || !IsTerminal);
        _error = Create(System.Console.Error, plain || System.Console.IsErrorRedirected);
    }

    public bool IsJson { get; }

    public bool IsVerbose { get; }

    /// <summary>Whether a person reads the result in a terminal, and may be asked.</summary>
    public bool IsTerminal { get; }

    /// <summary>A line of the result.</summary>
    public void Line(string text = "", string? style = null)
    {
        if (!IsJson)
        {
            Write(_out, text, style);
        }
    }

    /// <summary>What is being done, for whoever waits.</summary>
    public void Progress(string text) => Tell(text, "grey");

    /// <summary>What went wrong.</summary>
    public void Error(string text) => Tell(text, "red");

    /// <summary>The whole result, for a program.</summary>
    public void Json(object result)
    {
        if (IsJson)
        {
            System.Console.Out.WriteLine(JsonSerializer.Serialize(result, _json));
        }
    }

    /// <summary>Rows under headings; outside a terminal a line for each, as <paramref name="line"/> says it.</summary>
    public void Table<T>(
        IReadOnlyList<string> headings,
        IEnumerable<T> rows,
        Func<T, IReadOnlyList<string>> cells,
        Func<T, string> line
    )
    {
        if (IsJson)
        {
            return;
        }

        if (!IsTerminal)
        {
            foreach (var row in rows)
            {
                Line(line(row));
            }

            return;
        }

        var table = new Table().Border(TableBorder.Rounded);
        foreach (var heading in headings)
        {
            table.AddColumn(new TableColumn(Markup.Escape(heading)));
        }

        foreach (var row in rows)
        {
            table.AddRow([.. cells(row).Select(cell => new Text(cell))]);
        }

        _out.Write(table);
    }

    // A terminal that is gone takes nothing more, and must not end what is being done.
    private void Tell(string text, string style)
    {
        try
        {
            Write(_error, text, style);
        }
        catch (IOException) { }
    }

    // Text and not markup: what is written may hold brackets. Never wrapped, so that it can be copied and searched.
    private static void Write(IAnsiConsole console, string text, string? style) =>
        console.Write(new Unwrapped(text, style is null ? Style.Plain : Style.Parse(style)));

    private static IAnsiConsole Create(TextWriter writer, bool plain) =>
        AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(writer),
                Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
                ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
                Interactive = InteractionSupport.No,
            }
        );

    private sealed class Unwrapped(string text, Style style) : Spectre.Console.Rendering.IRenderable
    {
        public Spectre.Console.Rendering.Measurement Measure(
            Spectre.Console.Rendering.RenderOptions options,
            int maxWidth
        ) => new(0, maxWidth);

        public IEnumerable<Spectre.Console.Rendering.Segment> Render(
            Spectre.Console.Rendering.RenderOptions options,
            int maxWidth
        ) => [new(text, style), Spectre.Console.Rendering.Segment.LineBreak];
    }
}
