using System.Globalization;
using MigrationSafety.Arguments;

namespace Db.Watching;

/// <summary>Compares what went on with what went on before, by rules that can be read.</summary>
/// <remarks>
/// Counts are held against what the time before lets expect, plus three standard deviations of chance: what happens by itself
/// now and then is not the release's doing. What is largest of many looks is held against twice what it was.
/// </remarks>
internal static class WatchComparison
{
    /// <param name="before">The minutes before; null where none were watched: then fixed limits hold.</param>
    /// <param name="now">The minutes after.</param>
    public static WatchReport Compare(WatchedPeriod? before, WatchedPeriod now)
    {
        var findings = new List<WatchFinding>
        {
            Throughput(before, now),
            Rollbacks(before, now),
            Count("deadlocks", before, now, p => p.Deadlocks),
            Count("sessions ended by a fatal error", before, now, p => p.FatalSessions),
            Count("sessions killed", before, now, p => p.KilledSessions),
            Count("queries cancelled on the replica", before, now, p => p.Conflicts),
            Largest("longest wait for a lock", before?.LongestWaitSeconds, now.LongestWaitSeconds, floor: 2, alone: 5),
            Largest(
                "longest statement",
                before?.LongestQuerySeconds,
                now.LongestQuerySeconds,
                floor: 10,
                alone: 60,
                of: now.LongestQueryOf
            ),
            Largest(
                "statements over a second, at a time",
                before?.SlowQueries,
                now.SlowQueries,
                floor: 2,
                alone: 10,
                isTime: false
            ),
            InvalidIndexes(before, now),
        };
        if (now.StatementMilliseconds is { } mean)
        {
            findings.Add(MeanTime(before?.StatementMilliseconds, mean));
            findings.AddRange(Slower(before, now));
        }

        if ((now.ReplicationLagSeconds ?? before?.ReplicationLagSeconds) is not null)
        {
            findings.Add(Lag(before, now));
        }

        if (now.FailedLooks > 0)
        {
            findings.Add(
                new WatchFinding(
                    "the server did not answer",
                    before is null ? null : $"{before.FailedLooks} of {before.Looks + before.FailedLooks} looks",
                    $"{now.FailedLooks} of {now.Looks + now.FailedLooks} looks",
                    WatchVerdict.Worse,
                    "worse from 1"
                )
            );
        }

        var verdict =
            findings.Any(f => f.Verdict == WatchVerdict.Worse) ? WatchVerdict.Worse
            : findings.Any(f => f.Verdict == WatchVerdict.Better) ? WatchVerdict.Better
            : WatchVerdict.Same;
        return new WatchReport(verdict, findings, now, before);
    }

    private static WatchFinding Throughput(WatchedPeriod? before, WatchedPeriod now)
    {
        // Below this, how many there are is a matter of chance.
        const double few = 5;
        var rate = Rate(now);
        return before is null
            ? new WatchFinding(
                "transactions per second",
                null,
                Number(rate),
                WatchVerdict.Same,
                "nothing to compare with"
            )
            : new WatchFinding(
                "transactions per second",
                Number(Rate(before)),
                Number(rate),
                Rate(before) >= few && rate < Rate(before) / 2 ? WatchVerdict.Worse : WatchVerdict.Same,
                Rate(before) >= few
                    ? $"worse below {Number(Rate(before) / 2)}, half of before"
                    : "too few before to compare"
            );
    }

    private static WatchFinding Rollbacks(WatchedPeriod? before, WatchedPeriod now)
    {
        if (before is not { Transactions: > 0 })
        {
            // Alone: more than one in twenty is more than users' mistakes.
            var most = Math.Max(3, now.Transactions / 20.0);
            return new WatchFinding(
                "rollbacks",
                before is null ? null : "0",
                Share(now),
                now.Rollbacks > most ? WatchVerdict.Worse : WatchVerdict.Same,
                "worse above 5 % of transactions (and 3)"
            );
        }

        // By the transaction, so that more traffic alone is nothing worse.
        var scale = (double)now.Transactions / before.Transactions;
        return Counted("rollbacks", Share(before), Share(now), before.Rollbacks, now.Rollbacks, scale, spare: 3);
    }

    private static WatchFinding Count(
        string name,
        WatchedPeriod? before,
        WatchedPeriod now,
        Func<WatchedPeriod, long> count
    ) =>
        before is null
            ? new WatchFinding(
                name,
                null,
                Number(count(now)),
                count(now) > 0 ? WatchVerdict.Worse : WatchVerdict.Same,
                "worse from 1"
            )
            : Counted(
                name,
                $"{Number(count(before))} in {Time(before.Seconds)}",
                $"{Number(count(now))} in {Time(now.Seconds)}",
                count(before),
                count(now),
                now.Seconds / Math.Max(1, before.Seconds),
                spare: 0
            );

    private static WatchFinding Counted(
        string name,
        string textBefore,
        string textNow,
        long before,
        long now,
        double scale,
        double spare
    )
    {
        var expected = before * scale;
        // Both counts are chance's: the variance of what is expected is scaled with it.
        var deviation = 3 * Math.Sqrt(expected * (1 + scale));
        var (most, least) = (expected + deviation + spare, expected - deviation - spare);
        return new WatchFinding(
            name,
            textBefore,
            textNow,
            now > most ? WatchVerdict.Worse
                : now < least ? WatchVerdict.Better
                : WatchVerdict.Same,
            $"{Number(expected)} expected; worse from {Number(Math.Floor(most) + 1)}"
        );
    }

    private static WatchFinding Largest(
        string name,
        double? before,
        double now,
        double floor,
        double alone,
        string? of = null,
        bool isTime = true
    )
    {
        var most = before is { } was ? Math.Max(2 * was, floor) : alone;
        return new WatchFinding(
            name,
            before is null ? null : Text(before.Value),
            Text(now) + (now > most && of is not null ? $", {of}" : ""),
            now > most ? WatchVerdict.Worse
                : before > floor && now < before / 2 ? WatchVerdict.Better
                : WatchVerdict.Same,
            $"worse above {Text(most)}{(before * 2 > floor ? ", twice as before" : "")}"
        );

        string Text(double value) => isTime ? Time(value) : value.ToString("0.0", CultureInfo.InvariantCulture);
    }

    private static WatchFinding MeanTime(double? before, double now)
    {
        var most = before * 1.5 + 1;
        return new WatchFinding(
            "mean time of a statement",
            before is { } was ? Milliseconds(was) : null,
            Milliseconds(now),
            now > most ? WatchVerdict.Worse
                : before > 2 && now < before / 1.5 ? WatchVerdict.Better
                : WatchVerdict.Same,
            most is { } limit ? $"worse above {Milliseconds(limit)}" : "nothing to compare with"
        );
    }

    // A statement that got three times as slow can hide in the mean of all.
    private static IEnumerable<WatchFinding> Slower(WatchedPeriod? before, WatchedPeriod now) =>
        now
            .Statements.Select(s => (Now: s, Before: before?.Statements.FirstOrDefault(b => b.Id == s.Id)))
            .Where(s => s.Before is not null && s.Now.Calls >= 10 && s.Before.Calls >= 10)
            .Where(s =>
                s.Now.Milliseconds > s.Before!.Milliseconds * 3 && s.Now.Milliseconds > s.Before.Milliseconds + 5
            )
            .OrderByDescending(s => (s.Now.Milliseconds - s.Before!.Milliseconds) * s.Now.Calls)
            .Take(5)
            .Select(s => new WatchFinding(
                s.Now.Text,
                Milliseconds(s.Before!.Milliseconds),
                Milliseconds(s.Now.Milliseconds),
                WatchVerdict.Worse,
                $"worse above {Milliseconds(Math.Max(s.Before.Milliseconds * 3, s.Before.Milliseconds + 5))}, three times as before"
            ));

    private static WatchFinding InvalidIndexes(WatchedPeriod? before, WatchedPeriod now)
    {
        var added = now.InvalidIndexes.Except(before?.InvalidIndexes ?? []).ToList();
        var gone = before?.InvalidIndexes.Except(now.InvalidIndexes).Any() == true;
        return new WatchFinding(
            "invalid indexes",
            before is null ? null : List(before.InvalidIndexes),
            List(now.InvalidIndexes),
            added.Count > 0 ? WatchVerdict.Worse
                : gone ? WatchVerdict.Better
                : WatchVerdict.Same,
            before is null ? "worse from 1" : "worse where one is new"
        );

        static string List(IReadOnlyList<string> names) => names.Count == 0 ? "none" : string.Join(", ", names);
    }

    private static WatchFinding Lag(WatchedPeriod? before, WatchedPeriod now) =>
        now.ReplicationLagSeconds is { } lag
            ? Largest("replication lag", before?.ReplicationLagSeconds, lag, floor: 5, alone: 30)
            : new WatchFinding(
                "replication lag",
                Time(before!.ReplicationLagSeconds!.Value),
                "no replica",
                WatchVerdict.Worse,
                "worse where the replicas are gone"
            );

    private static double Rate(WatchedPeriod period) => period.Transactions / Math.Max(1, period.Seconds);

    private static string Share(WatchedPeriod period) =>
        $"{Number(period.Rollbacks)} of {Number(period.Transactions)} transactions";

    private static string Number(double number) =>
        number.ToString(number < 10 && number != Math.Floor(number) ? "0.#" : "N0", CultureInfo.InvariantCulture);

    private static string Time(double seconds) => Duration.Text(TimeSpan.FromSeconds(seconds));

    private static string Milliseconds(double value) => value.ToString("0.##", CultureInfo.InvariantCulture) + " ms";
}
