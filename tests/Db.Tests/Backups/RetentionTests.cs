using Db.Backups;
using Xunit;

namespace Db.Tests.Backups;

public class RetentionTests
{
    [Fact]
    public void The_newest_of_each_day_is_kept() =>
        Assert.Equal(
            ["day 2, 08:00: NewerOfItsDay than day 2, 20:00"],
            Removed(7, Good(1, 12), Good(2, 8), Good(2, 20), Good(3, 1))
        );

    [Fact]
    public void Of_each_day_the_newest_of_each_state_of_the_migrations_is_kept() =>
        Assert.Equal(
            ["day 1, 08:00: NewerOfItsDay than day 1, 09:00"],
            Removed(7, Good(1, 8), Good(1, 9), Good(1, 10) with { State = "next" }, Good(2, 1) with { State = "next" })
        );

    // A release that was taken back: the migrations are as they were, and what it dropped is not.
    [Fact]
    public void What_a_release_made_is_kept_though_the_state_is_that_of_a_newer_one() =>
        Assert.Equal(
            ["day 1, 13:00: NewerOfItsDay than day 1, 15:00"],
            Removed(7, OfRelease(1, 12), Good(1, 13), OfRelease(1, 14), Good(1, 15))
        );

    [Fact]
    public void What_a_release_made_goes_with_its_day() =>
        Assert.Equal(["day 1, 12:00: TooOld"], Removed(1, OfRelease(1, 12), Good(2, 13)));

    [Fact]
    public void What_a_release_made_stays_for_a_day_of_24_hours() =>
        Assert.Empty(Removed(1, OfRelease(1, 23), Good(2, 1)));

    [Fact]
    public void Of_the_last_days_that_have_one_and_not_of_the_calendars() =>
        Assert.Equal(["day 1, 12:00: TooOld"], Removed(3, Good(1, 12), Good(5, 12), Good(20, 12), Good(28, 12)));

    [Fact]
    public void The_last_good_one_stays_however_old_and_however_many_failed_after_it() =>
        Assert.Empty(Removed(1, Good(1, 12), Bad(20, 12), Bad(21, 12)));

    [Fact]
    public void A_failed_one_takes_no_days_place() =>
        Assert.Equal(["day 1, 12:00: TooOld"], Removed(1, Good(1, 12), Good(2, 12), Bad(3, 12)));

    [Fact]
    public void A_failed_one_goes_when_good_ones_are_newer() =>
        Assert.Equal(["day 1, 12:00: Failed"], Removed(2, Bad(1, 12), Good(2, 12), Good(3, 12)));

    [Fact]
    public void The_last_one_that_was_restored_to_see_stays_beside_newer_ones_that_were_not() =>
        Assert.Equal(
            ["day 3, 01:00: NewerOfItsDay than day 3, 02:00", "day 2, 09:00: TooOld", "day 1, 12:00: TooOld"],
            Removed(1, Proven(1, 12), Proven(2, 8), Good(2, 9), Good(3, 1), Good(3, 2))
        );

    [Fact]
    public void One_day_at_least_is_kept() => Assert.Throws<ArgumentOutOfRangeException>(() => Removed(0, Good(1, 12)));

    private static Retained Good(int day, int hour) => new(At(day, hour), "", IsOfRelease: false, true, false);

    private static Retained OfRelease(int day, int hour) => Good(day, hour) with { IsOfRelease = true };

    private static Retained Proven(int day, int hour) => Good(day, hour) with { IsProven = true };

    private static Retained Bad(int day, int hour) => Good(day, hour) with { IsGood = false };

    private static DateTimeOffset At(int day, int hour) => new(2026, 3, day, hour, 0, 0, TimeSpan.Zero);

    private static string Text(Retained backup) => $"day {backup.Time.Day}, {backup.Time.Hour:00}:00";

    // An hour after the newest.
    private static IEnumerable<string> Removed(int days, params Retained[] backups) =>
        new Retention(days, backups.Max(backup => backup.Time).AddHours(1))
            .Superfluous(backups, backup => backup)
            .Select(gone =>
                $"{Text(gone.Backup)}: {gone.Reason}{(gone.Newer is { } newer ? $" than {Text(newer)}" : "")}"
            );
}
