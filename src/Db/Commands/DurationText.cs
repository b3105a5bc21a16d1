using System.Globalization;

namespace Db.Commands;

/// <summary>A duration on the command line: a number with its unit, <c>30s</c>, <c>5m</c> or <c>5min</c>, <c>1h</c>, <c>1d</c>.</summary>
internal static class DurationText
{
    private static readonly (string Unit, double Seconds)[] _units =
    [
        ("ms", 0.001),
        ("min", 60),
        ("s", 1),
        ("m", 60),
        ("h", 3600),
        ("d", 86400),
    ];

    /// <exception cref="CouldNotRunException">It is no duration.</exception>
    public static TimeSpan Parse(string option, string text)
    {
        if (text.Trim() == "0")
        {
            return TimeSpan.Zero;
        }

        foreach (var (unit, seconds) in _units)
        {
            if (
                text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(
                    text[..^unit.Length],
                    NumberStyles.AllowDecimalPoint,
                    CultureInfo.InvariantCulture,
                    out var number
                )
                && number * seconds < 86400 * 30
            )
            {
                return TimeSpan.FromSeconds(number * seconds);
            }
        }

        throw new CouldNotRunException($"{option} {text}: write a number with its unit, for example 30s, 5m or 1h.");
    }
}
