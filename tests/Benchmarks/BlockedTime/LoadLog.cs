using System.Globalization;

namespace Benchmarks.BlockedTime;

/// <summary>One transaction of the application.</summary>
/// <param name="Due">When it should have begun.</param>
/// <param name="Latency">From then until it was through.</param>
internal readonly record struct Passage(DateTimeOffset Due, TimeSpan Latency)
{
    public DateTimeOffset Through => Due + Latency;
}

/// <summary>What pgbench logged for each transaction.</summary>
internal sealed record LoadLog(IReadOnlyList<Passage> Passages, int Failed)
{
    public static LoadLog Parse(IEnumerable<string> lines, string errors)
    {
        var passages = new List<Passage>();
        var failed = errors.Split('\n').Count(line => line.Contains("aborted", StringComparison.Ordinal));
        foreach (var line in lines)
        {
            // client transaction latency_us script epoch_s epoch_us lag_us; the last line may be cut where pgbench was ended.
            var fields = line.Split(' ');
            if (fields.Length < 7)
            {
                continue;
            }

            if (!long.TryParse(fields[2], CultureInfo.InvariantCulture, out var latency))
            {
                failed++;
                continue;
            }

            var through = DateTimeOffset
                .FromUnixTimeSeconds(long.Parse(fields[4], CultureInfo.InvariantCulture))
                .AddMicroseconds(long.Parse(fields[5], CultureInfo.InvariantCulture));
            passages.Add(new Passage(through.AddMicroseconds(-latency), TimeSpan.FromMicroseconds(latency)));
        }

        return new LoadLog([.. passages.OrderBy(passage => passage.Due)], failed);
    }
}
