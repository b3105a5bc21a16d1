using System.Globalization;

namespace MigrationSafety.Arguments;

/// <summary>A duration with its unit, as PostgreSQL writes it: <c>250ms</c>, <c>2s</c>, <c>10min</c>, <c>4h</c>, <c>1d</c>.</summary>
internal static class Duration
{
    public const string Units = "ms, s, min, h or d";

    private static readonly (string Unit, double Milliseconds)[] Known =
    [
        ("ms", 1),
        ("min", 60_000),
        ("s", 1_000),
        ("h", 3_600_000),
        ("d", 86_400_000),
    ];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        foreach (var (unit, milliseconds) in Known)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
            {
                continue;
            }

            if (
                !double.TryParse(
                    text[..^unit.Length],
                    NumberStyles.AllowDecimalPoint,
                    CultureInfo.InvariantCulture,
                    out var number
                ) || number * milliseconds is < 1 or > 30 * 86_400_000d
            )
            {
                return false;
            }

            duration = TimeSpan.FromMilliseconds(number * milliseconds);
            return true;
        }

        return false;
    }

    /// <summary>The shortest text that says it: <c>1.5 s</c>, <c>3 min</c>, <c>2 h 5 min</c>.</summary>
    public static string Text(TimeSpan duration)
    {
        FormattableString text = duration switch
        {
            { TotalSeconds: < 1 } => $"{duration.TotalMilliseconds:0} ms",
            { TotalMinutes: < 1 } => $"{duration.TotalSeconds:0.#} s",
            { TotalHours: < 1, Seconds: 0 } => $"{duration.TotalMinutes:0} min",
            { TotalHours: < 1 } => $"{(int)duration.TotalMinutes} min {duration.Seconds} s",
            { TotalDays: < 2, Minutes: 0 } => $"{(int)duration.TotalHours} h",
            { TotalDays: < 2 } => $"{(int)duration.TotalHours} h {duration.Minutes} min",
            _ => $"{duration.TotalDays:0} days",
        };
        return text.ToString(CultureInfo.InvariantCulture);
    }
}
