namespace Db.Bundles;

/// <summary>A run of a bundle.</summary>
/// <param name="ExitCode">0 for well.</param>
/// <param name="Took">From start to end.</param>
/// <param name="Lines">What it said.</param>
internal sealed record BundleRun(int ExitCode, TimeSpan Took, IReadOnlyList<BundleLine> Lines)
{
    public string Said => string.Join(Environment.NewLine, Lines.Select(line => line.Text)).Trim();
}

/// <summary>A line that a bundle wrote.</summary>
/// <param name="At">How long after its start.</param>
/// <param name="Text">The line.</param>
/// <param name="IsError">It went to standard error.</param>
internal sealed record BundleLine(TimeSpan At, string Text, bool IsError);
