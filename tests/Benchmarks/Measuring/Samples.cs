using System.Diagnostics;

namespace Benchmarks.Measuring;

/// <summary>How long each run of one thing took, in milliseconds; or another number of each run.</summary>
internal sealed class Samples(string name)
{
    private readonly List<double> _values = [];

    public string Name { get; } = name;

    public double Median => At(0.5);

    public double P95 => At(0.95);

    public int Count => _values.Count;

    public void Add(TimeSpan took) => Add(took.TotalMilliseconds);

    public void Add(double value) => _values.Add(value);

    public async Task TimeAsync(Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work();
        Add(Stopwatch.GetElapsedTime(start));
    }

    private double At(double share)
    {
        var sorted = _values.Order().ToArray();
        return sorted[Math.Min((int)(sorted.Length * share), sorted.Length - 1)];
    }
}
