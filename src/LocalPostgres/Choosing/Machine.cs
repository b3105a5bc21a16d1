using System.Collections;

namespace LocalPostgres.Choosing;

/// <summary>What the choice of a server depends on: the environment, and the places where PostgreSQL is installed.</summary>
internal sealed record Machine
{
    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    /// <summary>Directories, one <c>*</c> a path allowed, in which packages put PostgreSQL's programs.</summary>
    public required IReadOnlyList<string> BinaryDirectories { get; init; }

    /// <summary>The directory that keeps what npm has fetched, for all versions.</summary>
    public string NpmCache { get; init; } = UserDirectories.Npm;

    public static Machine Current { get; } =
        new() { Variables = ReadVariables(), BinaryDirectories = UsualBinaryDirectories() };

    /// <summary>The variable's value; null where it is unset or blank, which mean the same to whoever set it.</summary>
    public string? this[string variable] =>
        Variables.TryGetValue(variable, out var value) && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    public IEnumerable<string> SearchPath =>
        (this["PATH"] ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The first file of one of these names in PATH.</summary>
    public string? Find(params IEnumerable<string> fileNames) =>
        SearchPath
            .SelectMany(directory => fileNames.Select(name => Path.Combine(directory, name)))
            .FirstOrDefault(File.Exists);

    private static Dictionary<string, string> ReadVariables() =>
        Environment
            .GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(
                entry => (string)entry.Key,
                entry => (string?)entry.Value ?? "",
                OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal
            );

    private static string[] UsualBinaryDirectories()
    {
        if (OperatingSystem.IsWindows())
            return [@"C:\Program Files\PostgreSQL\*\bin"];
        if (OperatingSystem.IsMacOS())
            return
            [
                "/opt/homebrew/opt/postgresql@*/bin",
                "/usr/local/opt/postgresql@*/bin",
                "/Applications/Postgres.app/Contents/Versions/*/bin",
                "/Library/PostgreSQL/*/bin",
            ];
        // Debian and Ubuntu; Red Hat and its kin as packaged by postgresql.org; Alpine; Linuxbrew.
        return
        [
            "/usr/lib/postgresql/*/bin",
            "/usr/pgsql-*/bin",
            "/usr/libexec/postgresql*",
            "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
        ];
    }
}
