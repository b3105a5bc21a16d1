using System.Text.RegularExpressions;

namespace MigrationSafety.Connections;

/// <summary>Collects what is wrong with one connection string, so that all of it is said at once.</summary>
/// <param name="source">Where the string came from, as the user knows it: <c>DATABASE_URL</c>.</param>
internal sealed partial class ConnectionProblems(string source)
{
    private readonly List<string> _lines = [];

    public bool Any => _lines.Count > 0;

    /// <summary>Adds one line. It must name the parameter and hold nothing that may be a secret.</summary>
    public void Add(string problem) => _lines.Add($"{source}: {problem}");

    public void ThrowIfAny()
    {
        if (Any)
        {
            throw new ConnectionStringException([.. _lines.Distinct()]);
        }
    }

    /// <summary>
    /// A name as it may be shown. A password with an unescaped separator in it spills into the name of the next
    /// parameter, so a name that does not look like one is not repeated.
    /// </summary>
    public static string Shown(string name) =>
        Word().IsMatch(name) ? $"\"{name}\"" : "(not shown: it may be part of a secret)";

    /// <summary>A value as it may be shown: only what could be the name of a setting, never free text.</summary>
    public static string ShownValue(string value) => Word().IsMatch(value) ? $"\"{value}\" " : "";

    [GeneratedRegex("^[A-Za-z][A-Za-z_ -]{0,39}$")]
    private static partial Regex Word();
}
