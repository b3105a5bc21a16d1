using Db.Backups;
using Xunit;

namespace Db.Tests.Backups;

public class RetentionTests
{
    [Fact]
    public void The_newest_of_each_day_is_kept() =>
        Assert.Equal(["day 2, 08:00"], Removed(7, Good(1, 12), Good(2, 8), Good(2, 20), Good(3, 1)));

    [Fact]
    public void Of_the_last_days_that_have_one_and_not_of_the_calendars() =>
        Assert.Equal(["day 1, 12:00"], Removed(3, Good(1, 12), Good(5, 12), Good(20, 12), Good(28, 12)));

    [Fact]
    public void The_last_good_one_stays_however_old_and_however_many_failed_after_it() =>
        Assert.Empty(Removed(1, Good(1, 12), Bad(20, 12), Bad(21, 12)));

    [Fact]
    public void A_failed_one_takes_no_days_place() =>
        Assert.Equal(["day 1, 12:00"], Removed(1, Good(1, 12), Good(2, 12), Bad(3, 12)));

    [Fact]
    public void A_failed_one_goes_when_good_ones_are_newer() =>
        Assert.Equal(["day 1, 12:00"], Removed(2, Bad(1, 12), Good(2, 12), Good(3, 12)));

    [Fact]
    public void The_last_one_that_was_restored_to_see_stays_beside_newer_ones_that_were_not() =>
        Assert.Equal(
            ["day 1, 12:00", "day 2, 09:00", "day 3, 01:00"],
            Removed(1, Proven(1, 12), Proven(2, 8), Good(2, 9), Good(3, 1), Good(3, 2))
        );

    [Fact]
    public void One_day_at_least_is_kept() => Assert.Throws<ArgumentOutOfRangeException>(() => Removed(0, Good(1, 12)));

    private static (int Day, int Hour, bool? Drill) Good(int day, int hour) => (day, hour, null);

    private static (int Day, int Hour, bool? Drill) Proven(int day, int hour) => (day, hour, true);

    private static (int Day, int Hour, bool? Drill) Bad(int day, int hour) => (day, hour, false);

    private static IEnumerable<string> Removed(int days, params (int Day, int Hour, bool? Drill)[] backups) =>
        Retention
            .Superfluous(
                backups,
                days,
                backup => new DateTimeOffset(2026, 3, backup.Day, backup.Hour, 0, 0, TimeSpan.Zero),
                backup => backup.Drill != false,
                backup => backup.Drill == true
            )
            .Select(backup => $"day {backup.Day}, {backup.Hour:00}:00");
}
