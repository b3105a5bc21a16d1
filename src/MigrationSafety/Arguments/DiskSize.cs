using System.Globalization;

namespace MigrationSafety.Arguments;

/// <summary>A size on disk as an argument and in a message: a number and its unit, as PostgreSQL's pg_size_pretty writes them.</summary>
internal static class DiskSize
{
    public const string Units = "MB, GB, TB";

    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var unit = text.Trim().ToUpperInvariant() switch
        {
            [.., 'M', 'B'] => 1L << 20,
            [.., 'G', 'B'] => 1L << 30,
            [.., 'T', 'B'] => 1L << 40,
            _ => 0,
        };
        if (
            unit == 0
            || !double.TryParse(
                text.Trim()[..^2].TrimEnd(),
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var number
            )
            || number * unit > 1L << 60
        )
        {
            return false;
        }

        bytes = (long)(number * unit);
        return true;
    }

    public static string Text(long bytes) =>
        bytes switch
        {
            < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0} kB"),
            < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MB"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.#} GB"),
        };
}
