using System.Text.Json.Serialization;

namespace Benchmarks.Measuring;

/// <summary>One comparison: a thing, what it is held against, and how much more it costs.</summary>
/// <param name="What">What was done.</param>
/// <param name="Subject">The thing measured.</param>
/// <param name="SubjectMedian">Its median.</param>
/// <param name="Baseline">What it is held against.</param>
/// <param name="BaselineMedian">Its median.</param>
/// <param name="Limit">The ratio not to be exceeded; null where there is none.</param>
/// <param name="Unit">The unit of the medians.</param>
internal sealed record Row(
    string What,
    string Subject,
    double SubjectMedian,
    string Baseline,
    double BaselineMedian,
    double? Limit = null,
    string Unit = "ms"
)
{
    public double Ratio => SubjectMedian / BaselineMedian;

    [JsonIgnore]
    public bool IsWithinLimit => Limit is null || Ratio <= Limit;

    public static Row Of(string what, Samples subject, Samples baseline, double? limit = null, string unit = "ms") =>
        new(what, subject.Name, subject.Median, baseline.Name, baseline.Median, limit, unit);
}
