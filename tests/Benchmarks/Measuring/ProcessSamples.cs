namespace Benchmarks.Measuring;

/// <summary>What one process cost.</summary>
/// <param name="Elapsed">From its start to its end.</param>
/// <param name="Processor">The processor time it used, which other programs on the machine disturb least.</param>
/// <param name="PeakBytes">Its largest working set.</param>
internal sealed record ProcessCost(TimeSpan Elapsed, TimeSpan Processor, long PeakBytes);

/// <summary>What each process of one kind cost.</summary>
internal sealed class ProcessSamples(string name)
{
    private readonly Samples _elapsed = new(name);
    private readonly Samples _processor = new(name);
    private readonly Samples _peak = new(name);

    public void Add(ProcessCost cost)
    {
        _elapsed.Add(cost.Elapsed);
        _processor.Add(cost.Processor);
        _peak.Add(cost.PeakBytes / 1048576.0);
    }

    /// <summary>Time, processor time and memory of one kind against another.</summary>
    public static IEnumerable<Row> Rows(string what, ProcessSamples subject, ProcessSamples baseline, double limit) =>
        [
            Row.Of($"{what}: time", subject._elapsed, baseline._elapsed, limit),
            Row.Of($"{what}: processor time", subject._processor, baseline._processor),
            Row.Of($"{what}: peak memory", subject._peak, baseline._peak, limit, "MiB"),
        ];
}
