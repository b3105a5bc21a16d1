namespace Db.Backups;

/// <summary>Which backups are kept: the newest good one of each of the last days that have one, and the newest that is proven.</summary>
internal static class Retention
{
    /// <summary>The ones that are not kept. The newest good one and the newest proven one are never among them, whatever their age.</summary>
    /// <param name="backups">Of one database.</param>
    /// <param name="days">How many days, at least 1.</param>
    /// <param name="time">When one was made.</param>
    /// <param name="isGood">Whether one can be restored, as far as is known.</param>
    /// <param name="isProven">Whether one was restored to see.</param>
    public static IReadOnlyList<T> Superfluous<T>(
        IReadOnlyList<T> backups,
        int days,
        Func<T, DateTimeOffset> time,
        Func<T, bool> isGood,
        Func<T, bool> isProven
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
        // A newer one that nobody has restored is a hope.
        kept.AddRange(backups.Where(isProven).OrderByDescending(time).Take(1).Except(kept));

        // Where nothing is good there is nothing better to keep. One that failed is evidence until good ones are newer.
        var oldest = kept.Count > 0 ? kept.Min(time) : DateTimeOffset.MinValue;
        return [.. backups.Where(backup => !kept.Contains(backup) && (isGood(backup) || time(backup) < oldest))];
    }
}
