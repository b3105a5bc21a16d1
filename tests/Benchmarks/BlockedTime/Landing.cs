namespace Benchmarks.BlockedTime;

/// <summary>What the application saw while one migration landed.</summary>
/// <param name="Duration">How long the migration took.</param>
/// <param name="Longest">The longest that a transaction took, from when it was due.</param>
/// <param name="P999">999 of 1,000 transactions took no longer.</param>
/// <param name="Nothing">The time in which nothing got through, in tenths of a second that saw no transaction end.</param>
/// <param name="Failed">Transactions that failed.</param>
/// <param name="Curve">The longest latency of each tenth of a second, by seconds since the migration began.</param>
internal sealed record Landing(
    TimeSpan Duration,
    TimeSpan Longest,
    TimeSpan P999,
    TimeSpan Nothing,
    int Failed,
    IReadOnlyList<(double Second, double Milliseconds)> Curve
)
{
    private const double Tenth = 0.1;

    public static Landing Of(LoadLog log, DateTimeOffset began, DateTimeOffset ended, TimeSpan after)
    {
        var seen = log.Passages.Where(p => p.Due >= began && p.Due <= ended + after).ToList();
        if (seen.Count == 0)
        {
            throw new InvalidOperationException("The application did nothing while the migration landed.");
        }

        var latencies = seen.Select(p => p.Latency).Order().ToList();
        var slots = (int)Math.Ceiling((ended + after - began).TotalSeconds / Tenth);
        var through = log.Passages.Select(p => Slot(p.Through, began)).ToHashSet();
        return new Landing(
            ended - began,
            latencies[^1],
            latencies[Math.Min((int)(latencies.Count * 0.999), latencies.Count - 1)],
            TimeSpan.FromSeconds(Tenth * Enumerable.Range(0, slots - 1).Count(slot => !through.Contains(slot))),
            log.Failed,
            [
                .. log
                    .Passages.Where(p => p.Due >= began - TimeSpan.FromSeconds(2) && p.Due <= ended + after)
                    .GroupBy(p => Slot(p.Due, began))
                    .Select(slot => (slot.Key * Tenth, slot.Max(p => p.Latency.TotalMilliseconds))),
            ]
        );
    }

    private static int Slot(DateTimeOffset at, DateTimeOffset began) =>
        (int)Math.Floor((at - began).TotalSeconds / Tenth);
}
