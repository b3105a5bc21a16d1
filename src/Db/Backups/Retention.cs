namespace Db.Backups;

/// <summary>Which backups are kept: the newest good one of each of the last days that have one.</summary>
internal static class Retention
{
    /// <summary>The ones that are not kept. The newest good one is never among them, whatever its age.</summary>
    /// <param name="backups">Of one database.</param>
    /// <param name="days">How many days, at least 1.</param>
    /// <param name="time">When one was made.</param>
    /// <param name="isGood">Whether one can be restored, as far as is known.</param>
    public static IReadOnlyList<T> Superfluous<T>(
        IReadOnlyList<T> backups,
        int days,
        Func<T, DateTimeOffset> time,
        Func<T, bool> isGood
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(days, 1);
        var kept = backups
            .Where(isGood)
            .GroupBy(backup => DateOnly.FromDateTime(time(backup).UtcDateTime))
            .OrderByDescending(day => day.Key)
            .Take(days)
            .Select(day => day.MaxBy(time)!)
            .ToList();
        // Where nothing is good there is nothing better to keep. One that failed is evidence until good ones are newer.
        var oldest = kept.Count > 0 ? kept.Min(time) : DateTimeOffset.MinValue;
        return [.. backups.Where(backup => !kept.Contains(backup) && (isGood(backup) || time(backup) < oldest))];
    }
}
