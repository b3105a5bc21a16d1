namespace Db.Releasing.Reports;

/// <summary>
/// Where a moment of a release stands from left to right. What was broken off and resumed hours later has a break there: drawn to
/// scale, the break would be all that can be seen.
/// </summary>
internal sealed class TimeAxis
{
    // Steps follow each other at once; a longer pause is one in which nobody worked on the release.
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(10);

    private const double BreakShare = 0.04;

    private readonly List<(DateTimeOffset From, DateTimeOffset To)> _worked = [];
    private readonly double _seconds;

    public TimeAxis(ReleaseRecord record)
    {
        Start = record.Started;
        var from = Start;
        var to = Start;
        foreach (var step in record.Steps)
        {
            if (step.Started - to > _longestPause)
            {
                _worked.Add((from, to));
                from = step.Started;
            }

            to = Later(to, EndOf(record, step));
        }

        End = Later(to, record.Finished ?? to);
        _worked.Add((from, End));
        _seconds = Math.Max(_worked.Sum(stretch => (stretch.To - stretch.From).TotalSeconds), 0.001);
    }

    public DateTimeOffset Start { get; }

    public DateTimeOffset End { get; }

    /// <summary>Where nobody worked on it: from when to when.</summary>
    public IEnumerable<(DateTimeOffset From, DateTimeOffset To)> Breaks =>
        _worked.Zip(_worked.Skip(1), (before, after) => (before.To, after.From));

    /// <summary>The seconds that the whole width stands for, breaks left out.</summary>
    public double Seconds => _seconds;

    /// <summary>The end of a step; where the tool was killed in it, the last that was heard of it.</summary>
    public static DateTimeOffset EndOf(ReleaseRecord record, StepRecord step) =>
        step.Finished
        ?? record
            .Events.Where(e => e.Step == step.Id && e.At >= step.Started)
            .TakeWhile(e => record.Steps.All(other => other == step || other.Id != step.Id || e.At < other.Started))
            .Select(e => e.At)
            .Append(step.Started)
            .Max();

    /// <summary>From 0 at the left to 1 at the right.</summary>
    public double At(DateTimeOffset moment)
    {
        var breaks = Math.Min(BreakShare * (_worked.Count - 1), 0.5);
        var perBreak = _worked.Count > 1 ? breaks / (_worked.Count - 1) : 0;
        var passed = 0.0;
        for (var i = 0; i < _worked.Count; i++)
        {
            var (from, to) = _worked[i];
            if (moment <= to || i == _worked.Count - 1)
            {
                var within = Math.Clamp((moment - from).TotalSeconds, 0, (to - from).TotalSeconds);
                return Math.Clamp(((passed + within) / _seconds * (1 - breaks)) + (i * perBreak), 0, 1);
            }

            passed += (to - from).TotalSeconds;
        }

        return 1;
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
