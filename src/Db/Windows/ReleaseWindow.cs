using System.Globalization;

namespace Db.Windows;

/// <summary>When releases are made.</summary>
/// <param name="Zone">The time zone that days and hours are meant in.</param>
/// <param name="Open">When it is open.</param>
/// <param name="Freezes">Days on which it stays closed all the same.</param>
internal sealed record ReleaseWindow(TimeZoneInfo Zone, IReadOnlyList<OpenHours> Open, IReadOnlyList<Freeze> Freezes)
{
    // Far enough to see past any freeze that somebody means.
    private const int DaysAhead = 400;

    /// <summary>Whether it is open at a moment, until when, and when it opens next.</summary>
    public WindowState At(DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, Zone).DateTime);
        var current = Freezes.FirstOrDefault(f => today >= f.From && today <= f.To);
        var times = Times(today).ToList();
        var open = times.FirstOrDefault(t => now >= t.From && now < t.To);
        var next = times.FirstOrDefault(t => t.From > now);
        return new WindowState(
            open is not null,
            Text(now),
            open is null && current is not null
                ? $"frozen from {current.From:yyyy-MM-dd} to {current.To:yyyy-MM-dd}{(current.Why is null ? "" : $" ({current.Why})")}"
                : null,
            open is null || open.To > now.AddDays(DaysAhead - 10) ? null : open.To,
            open is null ? next?.From : null,
            open is null ? null : Until(open, now),
            open is null && next is not null ? $"{Text(next.From)}, in {Distance(next.From - now)}" : null
        );
    }

    private string? Until(Span open, DateTimeOffset now) =>
        open.To > now.AddDays(DaysAhead - 10) ? null : $"{Text(open.To)}, in {Distance(open.To - now)}";

    private string Text(DateTimeOffset at) =>
        TimeZoneInfo.ConvertTime(at, Zone).ToString("ddd yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)
        + $" {Zone.Id}";

    private static string Distance(TimeSpan time) =>
        time.TotalDays >= 2 ? $"{time.TotalDays:0} days"
        : time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes} min"
        : $"{Math.Max(1, (int)time.TotalMinutes)} min";

    // Joined where one ends as the next begins, and cut where a freeze lies over them; in order.
    private List<Span> Times(DateOnly today)
    {
        var times = new List<Span>();
        for (var day = today.AddDays(-1); day <= today.AddDays(DaysAhead); day = day.AddDays(1))
        {
            foreach (var hours in Open.Where(h => h.Days.Contains(day.DayOfWeek)))
            {
                var from = Last(day, hours.From);
                var lastDay = hours.To <= hours.From ? day.AddDays(1) : day;
                var to = First(lastDay, hours.To);
                to = to > from ? to : Last(lastDay, hours.To);
                if (to > from)
                {
                    times.Add(new Span(from, to));
                }
            }
        }

        foreach (var freeze in Freezes)
        {
            var (from, to) = (First(freeze.From, TimeSpan.Zero), First(freeze.To.AddDays(1), TimeSpan.Zero));
            times =
            [
                .. times.SelectMany(t =>
                    t.To <= from || t.From >= to
                        ? [t]
                        : new[] { new Span(t.From, Earlier(t.To, from)), new Span(Later(t.From, to), t.To) }.Where(s =>
                            s.To > s.From
                        )
                ),
            ];
        }

        var joined = new List<Span>();
        foreach (var time in times.OrderBy(t => t.From))
        {
            if (joined.Count > 0 && joined[^1].To >= time.From)
            {
                joined[^1] = joined[^1] with { To = Later(joined[^1].To, time.To) };
            }
            else
            {
                joined.Add(time);
            }
        }

        return joined;
    }

    // In the hour that clocks repeat in autumn, a window opens at the second of two moments of the same name and closes at the
    // first: in doubt it is closed. In the hour that they leave out in spring, a moment is the first one after it.
    private DateTimeOffset First(DateOnly day, TimeSpan time) => Instant(day, time, last: false);

    private DateTimeOffset Last(DateOnly day, TimeSpan time) => Instant(day, time, last: true);

    private DateTimeOffset Instant(DateOnly day, TimeSpan time, bool last)
    {
        var local = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Unspecified) + time;
        while (Zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }

        if (!Zone.IsAmbiguousTime(local))
        {
            return new DateTimeOffset(local, Zone.GetUtcOffset(local));
        }

        var offsets = Zone.GetAmbiguousTimeOffsets(local);
        return new DateTimeOffset(local, last ? offsets.Min() : offsets.Max());
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private sealed record Span(DateTimeOffset From, DateTimeOffset To);
}

/// <summary>Hours of some days; where they end before they begin, they end on the day after.</summary>
/// <param name="Days">On which days they begin.</param>
/// <param name="From">From when.</param>
/// <param name="To">To when; 24:00 is midnight.</param>
internal sealed record OpenHours(IReadOnlySet<DayOfWeek> Days, TimeSpan From, TimeSpan To);

/// <summary>Days on which nothing is released.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The last.</param>
/// <param name="Why">What people call it.</param>
internal sealed record Freeze(DateOnly From, DateOnly To, string? Why);

/// <summary>Whether the window is open.</summary>
/// <param name="IsOpen">Whether it is.</param>
/// <param name="Now">The moment, in the window's time zone.</param>
/// <param name="Frozen">The freeze that keeps it closed, or null.</param>
/// <param name="ClosesAt">When it closes; null where it is closed, or never closes.</param>
/// <param name="OpensAt">When it opens next; null where it is open, or never opens.</param>
/// <param name="Closes">As <paramref name="ClosesAt"/>, for people.</param>
/// <param name="Opens">As <paramref name="OpensAt"/>, for people.</param>
internal sealed record WindowState(
    bool IsOpen,
    string Now,
    string? Frozen,
    DateTimeOffset? ClosesAt,
    DateTimeOffset? OpensAt,
    string? Closes,
    string? Opens
)
{
    /// <inheritdoc />
    public override string ToString() =>
        IsOpen
            ? $"open at {Now}{(Closes is null ? "" : $"; closes {Closes}")}"
            : $"closed at {Now}{(Frozen is null ? "" : $", {Frozen}")}; {(Opens is null ? "it does not open within a year" : $"opens {Opens}")}";
}
