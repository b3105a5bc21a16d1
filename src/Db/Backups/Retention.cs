namespace Db.Backups;

/// <summary>
/// Which backups are kept. Of each of the last days that have a good one: the newest of each state of the migrations, because one after a
/// migration no longer holds what that took away; and every one that a release made, because a release that is taken back leaves the state as it
/// was, and not the data. And of all, the newest that is proven.
/// </summary>
/// <param name="days">How many days, at least 1.</param>
/// <param name="now">The time.</param>
internal sealed class Retention(int days, DateTimeOffset now)
{
    // A day ends at midnight, also for a release at eleven in the evening.
    private static readonly TimeSpan _releasesAtLeast = TimeSpan.FromHours(24);

    private readonly int _days = days >= 1 ? days : throw new ArgumentOutOfRangeException(nameof(days));

    /// <summary>The ones that are not kept. The newest good one and the newest proven one are never among them, whatever their age.</summary>
    /// <param name="backups">Of one database.</param>
    /// <param name="of">What is known of one.</param>
    public IReadOnlyList<Superfluous<T>> Superfluous<T>(IReadOnlyList<T> backups, Func<T, Retained> of)
        where T : class
    {
        var known = backups
            .Select(backup => (Backup: backup, Is: of(backup)))
            .OrderByDescending(b => b.Is.Time)
            .ToList();
        var good = known.Where(b => b.Is.IsGood).ToList();
        var keptDays = good.Select(b => b.Is.Day).Distinct().Take(_days).ToHashSet();
        var newest = good.Where(b => keptDays.Contains(b.Is.Day))
            .GroupBy(b => (b.Is.Day, b.Is.State))
            .ToDictionary(same => same.Key, same => same.First().Backup);
        // A newer one that nobody has restored is a hope.
        var proven = known.FirstOrDefault(b => b.Is.IsProven).Backup;
        var kept = good.Where(b => newest.ContainsValue(b.Backup) || b.Backup == proven || IsStillTheReleases(b.Is))
            .ToList();

        // Where nothing is good there is nothing better to keep. One that failed is evidence until good ones are newer.
        var oldest = kept.Count > 0 ? kept.Min(b => b.Is.Time) : DateTimeOffset.MinValue;
        return
        [
            .. known
                .Where(b => !kept.Contains(b) && (b.Is.IsGood || b.Is.Time < oldest))
                .Select(b => new Superfluous<T>(
                    b.Backup,
                    ReasonOf(b.Is),
                    newest.GetValueOrDefault((b.Is.Day, b.Is.State))
                )),
        ];

        bool IsStillTheReleases(Retained backup) =>
            backup.IsOfRelease && (keptDays.Contains(backup.Day) || now - backup.Time < _releasesAtLeast);

        SuperfluousReason ReasonOf(Retained backup) =>
            !backup.IsGood ? SuperfluousReason.Failed
            : keptDays.Contains(backup.Day) ? SuperfluousReason.NewerOfItsDay
            : SuperfluousReason.TooOld;
    }
}

/// <summary>What decides whether a backup is kept.</summary>
/// <param name="Time">When it was made.</param>
/// <param name="State">The applied migrations, as one text.</param>
/// <param name="IsOfRelease">Whether a release made it, before it migrated.</param>
/// <param name="IsGood">Whether it can be restored, as far as is known.</param>
/// <param name="IsProven">Whether it was restored to see.</param>
internal sealed record Retained(DateTimeOffset Time, string State, bool IsOfRelease, bool IsGood, bool IsProven)
{
    public DateOnly Day => DateOnly.FromDateTime(Time.UtcDateTime);
}

/// <summary>A backup that is not kept.</summary>
/// <param name="Backup">The backup.</param>
/// <param name="Reason">Why not.</param>
/// <param name="Newer">The one that is kept of its day and its state of the migrations; null where there is none.</param>
internal sealed record Superfluous<T>(T Backup, SuperfluousReason Reason, T? Newer)
    where T : class;

/// <summary>Why a backup is not kept.</summary>
internal enum SuperfluousReason
{
    /// <summary>It is of none of the days that are kept.</summary>
    TooOld,

    /// <summary>There is a newer one of the same day, after the same migrations.</summary>
    NewerOfItsDay,

    /// <summary>It failed its restore drill, and good ones are newer.</summary>
    Failed,
}
