using System.Globalization;
using System.Text.Json;

namespace Benchmarks.Measuring;

/// <summary>What a benchmark found: a Markdown table, or JSON.</summary>
internal sealed record Results(string Server, string Conditions, IReadOnlyList<Row> Rows)
{
    private static readonly JsonSerializerOptions _indented = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    /// <returns>The exit code: 1 where a limit is exceeded.</returns>
    public int Print(bool json)
    {
        Console.WriteLine(json ? JsonSerializer.Serialize(this, _indented) : Markdown());
        return Rows.All(row => row.IsWithinLimit) ? 0 : 1;
    }

    private string Markdown() =>
        string.Join(
            Environment.NewLine,
            [
                Server,
                Conditions,
                "",
                "| what | this | | against | | ratio | at most |",
                "|---|---|--:|---|--:|--:|--:|",
                .. Rows.Select(row =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"| {row.What} | {row.Subject} | {Number(row.SubjectMedian)} {row.Unit} | {row.Baseline} | {Number(row.BaselineMedian)} {row.Unit} | {Ratio(row.Ratio)} | {Limit(row)} |"
                    )
                ),
            ]
        );

    private static string Number(double value) =>
        value.ToString(value < 100 ? "0.00" : "#,0", CultureInfo.InvariantCulture);

    private static string Ratio(double ratio) =>
        ratio < 0.01
            ? string.Create(CultureInfo.InvariantCulture, $"1/{1 / ratio:#,0}")
            : ratio.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Limit(Row row) =>
        row.Limit is null
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{row.Limit:0.00}{(row.IsWithinLimit ? "" : " **exceeded**")}"
            );
}
