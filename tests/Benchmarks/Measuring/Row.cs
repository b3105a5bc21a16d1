using System.Text.Json.Serialization;

namespace Benchmarks.Measuring;

/// <summary>One comparison: a thing, what it is held against, and how much longer it takes.</summary>
/// <param name="What">What was done.</param>
/// <param name="Subject">The thing measured.</param>
/// <param name="SubjectMs">Its median, in milliseconds.</param>
/// <param name="Baseline">What it is held against.</param>
/// <param name="BaselineMs">Its median, in milliseconds.</param>
/// <param name="Limit">The ratio not to be exceeded; null where there is none.</param>
internal sealed record Row(
    string What,
    string Subject,
    double SubjectMs,
    string Baseline,
    double BaselineMs,
    double? Limit = null
)
{
    public double Ratio => SubjectMs / BaselineMs;

    [JsonIgnore]
    public bool IsWithinLimit => Limit is null || Ratio <= Limit;

    public static Row Of(string what, Samples subject, Samples baseline, double? limit = null) =>
        new(what, subject.Name, subject.Median, baseline.Name, baseline.Median, limit);
}
