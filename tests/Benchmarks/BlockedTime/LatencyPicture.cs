using System.Globalization;
using System.Text;

namespace Benchmarks.BlockedTime;

/// <summary>Latency over time, a panel for each migration, both forms on one axis. Readable on light and on dark.</summary>
internal static class LatencyPicture
{
    private const int Panel = 230;
    private const int Gap = 26;
    private const int Left = 56;
    private const int Height = 190;
    private const int RowHeight = Height + 70;
    private const int Columns = 4;

    public static string Of(IReadOnlyList<(string What, Landing Plain, Landing Ours)> operations)
    {
        var rows = (operations.Count + Columns - 1) / Columns;
        var (width, height) = (Left + Columns * (Panel + Gap), 60 + rows * RowHeight);
        var svg = new StringBuilder();
        svg.AppendLine(
            CultureInfo.InvariantCulture,
            $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="Latency of an application's transactions while migrations land">"""
        );
        svg.AppendLine(
            """
            <style>
              text { font: 12px system-ui, sans-serif; fill: #57606a }
              .title { font-weight: 600; fill: #24292f }
              .grid { stroke: #8c959f; stroke-opacity: .35 }
              path { fill: none; stroke-width: 1.6; stroke-linejoin: round }
              .plain { stroke: #e8590c } .ours { stroke: #1c7ed6 }
              @media (prefers-color-scheme: dark) { text { fill: #9198a1 } .title { fill: #f0f6fc } .plain { stroke: #ff922b } .ours { stroke: #4dabf7 } }
            </style>
            """
        );
        svg.AppendLine(
            CultureInfo.InvariantCulture,
            $"""
            <path class="plain" d="M{Left} 22h26"/><text x="{Left + 32}" y="26">plain EF Core</text>
            <path class="ours" d="M{Left + 150} 22h26"/><text x="{Left + 182}" y="26">with UseMigrationSafety()</text>
            <text x="{Left
                + 370}" y="26">longest latency of each tenth of a second, by seconds since the migration began</text>
            """
        );
        for (var i = 0; i < operations.Count; i++)
        {
            Draw(
                svg,
                operations[i],
                Left + i % Columns * (Panel + Gap),
                66 + i / Columns * RowHeight,
                i % Columns == 0
            );
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Draw(
        StringBuilder svg,
        (string What, Landing Plain, Landing Ours) operation,
        int left,
        int top,
        bool labelled
    )
    {
        var seconds = operation.Plain.Curve.Concat(operation.Ours.Curve).Max(point => point.Second);
        seconds = Math.Max(seconds, 1);
        svg.AppendLine(
            CultureInfo.InvariantCulture,
            $"""<text class="title" x="{left}" y="{top - 10}">{operation.What}</text>"""
        );
        foreach (
            var (ms, label) in ((double, string)[])
                [(1, "1 ms"), (10, "10 ms"), (100, "100 ms"), (1000, "1 s"), (10000, "10 s")]
        )
        {
            svg.AppendLine(
                CultureInfo.InvariantCulture,
                $"""<path class="grid" d="M{left} {Y(top, ms):0.#}h{Panel}"/>"""
            );
            if (labelled)
            {
                svg.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"""<text x="{left - 6}" y="{Y(top, ms) + 4:0.#}" text-anchor="end">{label}</text>"""
                );
            }
        }

        var step = seconds switch
        {
            > 120 => 60,
            > 40 => 20,
            > 16 => 5,
            _ => 2,
        };
        for (var second = 0; second <= seconds; second += step)
        {
            svg.AppendLine(
                CultureInfo.InvariantCulture,
                $"""<text x="{X(left, second, seconds):0.#}" y="{top + Height + 16}" text-anchor="middle">{second}</text>"""
            );
        }

        foreach (var (name, landing) in ((string, Landing)[])[("plain", operation.Plain), ("ours", operation.Ours)])
        {
            var points = landing
                .Curve.OrderBy(point => point.Second)
                .Select(point =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{X(left, point.Second, seconds):0.#} {Y(top, point.Milliseconds):0.#}"
                    )
                );
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path class="{name}" d="M{string.Join('L', points)}"/>""");
        }
    }

    private static double X(int left, double second, double seconds) => left + (second + 2) / (seconds + 2) * Panel;

    // 0.3 ms at the bottom, 75 s at the top.
    private static double Y(int top, double milliseconds) =>
        top + Height - Math.Clamp(Math.Log10(milliseconds / 0.3) / 5.4, 0, 1) * Height;
}
