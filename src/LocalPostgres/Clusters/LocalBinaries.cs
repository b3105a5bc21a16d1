using System.ComponentModel;
using System.Globalization;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using LocalPostgres.Choosing;

namespace LocalPostgres.Clusters;

/// <summary>Finds PostgreSQL's programs where packages put them, and in PATH.</summary>
internal static partial class LocalBinaries
{
    /// <exception cref="UnavailableException">None of the wished version is installed.</exception>
    public static async Task<Installation> FindAsync(
        Machine machine,
        ServerWish wish,
        CancellationToken cancellationToken
    )
    {
        var found = new List<Installation>();
        foreach (var directory in Candidates(machine))
        {
            if (await ReadAsync(directory, "local binaries", cancellationToken) is { } one)
                found.Add(one);
        }

        // The oldest of the wished ones: what works there works everywhere. Of one major version, its newest release.
        var chosen = found
            .Where(one => wish.Accepts(one.Version))
            .OrderBy(one => one.Version.Major)
            .ThenByDescending(one => one.Version)
            .FirstOrDefault();
        if (chosen is not null)
            return chosen;

        var places = string.Join(", ", machine.BinaryDirectories.Append("PATH"));
        throw new UnavailableException(
            found.Count == 0
                ? $"no initdb, pg_ctl and postgres in {places}"
                : $"found {string.Join(", ", found.Select(one => $"{one.Version} in {one.BinDirectory}"))}; {wish.Text} was asked for"
        );
    }

    /// <summary>The installation in a directory; null where the programs are not there or do not run.</summary>
    public static async Task<Installation?> ReadAsync(
        string directory,
        string origin,
        CancellationToken cancellationToken
    )
    {
        var installation = new Installation(directory, new Version(0, 0), origin);
        if (!new[] { "initdb", "pg_ctl", "postgres" }.Select(installation.Program).All(File.Exists))
            return null;
        try
        {
            // Answered before PostgreSQL looks at who is asking, so root may ask too.
            var result = await Cli.Wrap(installation.Program("postgres"))
                .WithArguments("--version")
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(cancellationToken);
            var match = VersionText().Match(result.StandardOutput);
            return match.Success
                ? installation with
                {
                    Version = new Version(Number(match.Groups["major"]), Number(match.Groups["minor"])),
                }
                : null;
        }
        catch (Win32Exception)
        {
            return null; // not a program of this machine's kind
        }
    }

    private static IEnumerable<string> Candidates(Machine machine) =>
        machine
            .BinaryDirectories.SelectMany(Expand)
            // Debian's /usr/bin holds wrappers of the client programs only; a directory counts where initdb really is.
            .Concat(machine.SearchPath.Where(Directory.Exists).Select(RealDirectoryOfInitdb).OfType<string>())
            .Select(Path.TrimEndingDirectorySeparator)
            .Distinct();

    private static IEnumerable<string> Expand(string pattern)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
            return Directory.Exists(pattern) ? [pattern] : [];
        var parentEnd = pattern.LastIndexOfAny(['/', '\\'], star);
        var nameEnd = pattern.IndexOfAny(['/', '\\'], star);
        var parent = pattern[..parentEnd];
        var name = nameEnd < 0 ? pattern[(parentEnd + 1)..] : pattern[(parentEnd + 1)..nameEnd];
        var rest = nameEnd < 0 ? "" : pattern[(nameEnd + 1)..];
        return Directory.Exists(parent)
            ? Directory
                .EnumerateDirectories(parent, name)
                .Select(found => Path.Combine(found, rest))
                .Where(Directory.Exists)
            : [];
    }

    private static string? RealDirectoryOfInitdb(string directory)
    {
        var initdb = new FileInfo(Path.Combine(directory, OperatingSystem.IsWindows() ? "initdb.exe" : "initdb"));
        if (!initdb.Exists)
            return null;
        // Homebrew links bin/initdb to the version's own directory, where postgres lies beside it.
        var target = initdb.ResolveLinkTarget(returnFinalTarget: true);
        return Path.GetDirectoryName(target?.FullName ?? initdb.FullName);
    }

    private static int Number(Group group) =>
        group.Success ? int.Parse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0;

    // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "postgres (PostgreSQL) 19devel"
    [GeneratedRegex(@"\(PostgreSQL\) (?<major>\d+)(\.(?<minor>\d+))?")]
    private static partial Regex VersionText();
}
