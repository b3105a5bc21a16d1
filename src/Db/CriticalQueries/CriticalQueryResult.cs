namespace Db.CriticalQueries;

/// <summary>What became of a critical query.</summary>
/// <param name="Name">Which.</param>
/// <param name="Title">What it is.</param>
/// <param name="RanAs">The role, and the user where there was one.</param>
/// <param name="Rows">How many rows came back; null where it did not end.</param>
/// <param name="ExpectedRows">How many were expected; null for any number.</param>
/// <param name="Milliseconds">How long the server took, without the way there and back: the fastest of up to three.</param>
/// <param name="LimitMilliseconds">How long it may take; null for no limit.</param>
/// <param name="Plan">The plan's nodes, one line each; null where nothing is expected of it.</param>
/// <param name="Problems">What is not as expected.</param>
/// <param name="Notes">What is worth knowing.</param>
internal sealed record CriticalQueryResult(
    string Name,
    string Title,
    string RanAs,
    long? Rows,
    string? ExpectedRows,
    double? Milliseconds,
    double? LimitMilliseconds,
    string? Plan,
    IReadOnlyList<string> Problems,
    IReadOnlyList<string> Notes
)
{
    public bool AsExpected => Problems.Count == 0;
}
