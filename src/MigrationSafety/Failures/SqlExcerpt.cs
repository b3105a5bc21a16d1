using System.Globalization;
using System.Text;

namespace MigrationSafety.Failures;

/// <summary>The lines of a statement around the place PostgreSQL points at, with a caret under it.</summary>
internal static class SqlExcerpt
{
    private const int Around = 2;
    private const int Widest = 160;

    /// <param name="sql">The statement as it was sent.</param>
    /// <param name="position">PostgreSQL's position: characters from the start, counted from 1; 0 when it gave none.</param>
    public static string Of(string sql, int position)
    {
        var lines = sql.TrimEnd().ReplaceLineEndings("\n").Split('\n');
        var (line, column) = Locate(lines, position);
        var first = line is null ? 0 : Math.Max(0, line.Value - Around);
        var last = Math.Min(lines.Length - 1, line is null ? 2 * Around : line.Value + Around);
        var digits = (last + 1).ToString(CultureInfo.InvariantCulture).Length;
        var text = new StringBuilder();
        for (var i = first; i <= last; i++)
        {
            var number = (i + 1).ToString(CultureInfo.InvariantCulture).PadLeft(digits);
            // A long line is shown around the caret, or from its start.
            var start = i == line ? Math.Max(0, column - Widest + 20) : 0;
            var shown = lines[i][Math.Min(start, lines[i].Length)..];
            text.Append("  ")
                .Append(number)
                .Append(" | ")
                .AppendLine(shown.Length > Widest ? shown[..Widest] + "…" : shown);
            if (i == line)
            {
                text.Append(' ', digits + 5 + column - start).AppendLine("^");
            }
        }

        if (last < lines.Length - 1)
        {
            text.Append(' ', digits + 3)
                .AppendLine(CultureInfo.InvariantCulture, $"({lines.Length - 1 - last} more lines)");
        }

        return text.ToString().ReplaceLineEndings("\n").TrimEnd('\n');
    }

    private static (int? Line, int Column) Locate(string[] lines, int position)
    {
        var rest = position - 1;
        for (var i = 0; rest >= 0 && i < lines.Length; i++)
        {
            if (rest <= lines[i].Length)
            {
                return (i, rest);
            }

            rest -= lines[i].Length + 1;
        }

        return (null, 0);
    }
}
