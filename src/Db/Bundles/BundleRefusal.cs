using System.Text.RegularExpressions;

namespace Db.Bundles;

/// <summary>What a bundle says when it refuses to go back.</summary>
internal static partial class BundleRefusal
{
    /// <summary>What would be deleted, a line each; nothing where it was refused for another reason.</summary>
    // "… would delete data in …:" and then a line each, indented.
    public static IReadOnlyList<string> Losses(string said) =>
        [
            .. said.ReplaceLineEndings("\n")
                .Split('\n')
                .SkipWhile(line => !DeletesData().IsMatch(line))
                .Skip(1)
                .TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal))
                .Select(line => line.Trim())
                .Where(line => line.Length > 0),
        ];

    /// <summary>What happened, without the state of the database and the advice, which the release says for itself.</summary>
    public static string What(string said) => said.ReplaceLineEndings("\n").Split("\n\nState: ", 2)[0].Trim();

    /// <summary>What happened and what to do, without the state of the database.</summary>
    public static string WithoutState(string said) => State().Replace(said.ReplaceLineEndings("\n"), "\n").Trim();

    [GeneratedRegex(" (?:would|may) delete data in ")]
    private static partial Regex DeletesData();

    [GeneratedRegex(@"\n\nState: [^\n]*(?:\n|$)")]
    private static partial Regex State();
}
