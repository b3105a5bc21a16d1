using System.Reflection;

namespace Data.Migrations;

/// <summary>The text files that are part of this assembly.</summary>
internal static class EmbeddedText
{
    private static readonly Assembly Assembly = typeof(EmbeddedText).Assembly;

    /// <summary>The names that begin with <paramref name="prefix"/>, sorted.</summary>
    internal static IEnumerable<string> Names(string prefix) =>
        Assembly
            .GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    /// <summary>The text of one file; line endings as on Linux.</summary>
    internal static string Read(string name)
    {
        using var stream =
            Assembly.GetManifestResourceStream(name)
            ?? throw new FileNotFoundException($"{name} is not embedded.", name);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
