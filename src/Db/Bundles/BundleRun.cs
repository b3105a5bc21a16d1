using System.Text.RegularExpressions;

namespace Db.Bundles;

/// <summary>A run of a bundle.</summary>
/// <param name="ExitCode">0 for well.</param>
/// <param name="Took">From start to end.</param>
/// <param name="Lines">What it said.</param>
internal sealed partial record BundleRun(int ExitCode, TimeSpan Took, IReadOnlyList<BundleLine> Lines)
{
    public string Said => string.Join(Environment.NewLine, Lines.Select(line => line.Text)).Trim();

    /// <summary>Why it failed: what it said last. What went well, and what it waited for on the way, is no reason.</summary>
    public string Failure
    {
        get
        {
            var last = LastWords;
            var begun = Lines.Select(line => BundleProcess.Beginning(line.Text)).LastOrDefault(id => id is not null);
            return last.Length > 0 ? last
                : begun is null ? $"The bundle ended with exit code {ExitCode} and said nothing of it."
                : $"The bundle ended with exit code {ExitCode} in {begun}, and said nothing of it{(ExitCode > 128 ? ": it was killed" : "")}.";
        }
    }

    /// <summary>Whether it said why it failed: one that was killed says nothing.</summary>
    public bool SaidWhy => LastWords.Length > 0;

    private string LastWords =>
        string.Join(
                '\n',
                Lines.Skip(Lines.ToList().FindLastIndex(line => OnTheWay().IsMatch(line.Text)) + 1).Select(l => l.Text)
            )
            .Trim();

    /// <summary>Whether a line says that it waits for somebody, or tries again.</summary>
    public static bool IsWait(string line) => Wait().IsMatch(line);

    [GeneratedRegex("^(?:Applying|Reverting) migration '|" + Waits)]
    private static partial Regex OnTheWay();

    [GeneratedRegex(Waits)]
    private static partial Regex Wait();

    private const string Waits =
        "could not get a lock within|still waits, for|Waiting for it, at most|The connection was lost:";
}

/// <summary>A line that a bundle wrote.</summary>
/// <param name="At">How long after its start.</param>
/// <param name="Text">The line.</param>
/// <param name="IsError">It went to standard error.</param>
internal sealed record BundleLine(TimeSpan At, string Text, bool IsError);
