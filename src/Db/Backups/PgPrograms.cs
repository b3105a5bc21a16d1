using System.ComponentModel;
using System.Globalization;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;

namespace Db.Backups;

/// <summary>pg_dump and pg_restore of one release, found on this machine.</summary>
/// <param name="Directory">Where they lie.</param>
/// <param name="Version">Their version.</param>
internal sealed partial record PgPrograms(string Directory, Version Version)
{
    // Debian and Ubuntu; Red Hat and its kin as packaged by postgresql.org; Alpine; Homebrew; the Windows and macOS installers.
    private static readonly (string Parent, string Pattern, string Below)[] _places =
    [
        ("/usr/lib/postgresql", "*", "bin"),
        ("/usr", "pgsql-*", "bin"),
        ("/usr/libexec", "postgresql*", ""),
        ("/opt/homebrew/opt", "postgresql@*", "bin"),
        ("/opt/homebrew/opt", "libpq*", "bin"),
        ("/usr/local/opt", "postgresql@*", "bin"),
        ("/usr/local/opt", "libpq*", "bin"),
        ("/home/linuxbrew/.linuxbrew/opt", "postgresql@*", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "*", "bin"),
        ("/Library/PostgreSQL", "*", "bin"),
        (@"C:\Program Files\PostgreSQL", "*", "bin"),
    ];

    public string Dump => Program(Directory, "pg_dump");

    public string Restore => Program(Directory, "pg_restore");

    /// <summary>
    /// Finds the programs of a major version or of the next newer one. The nearest is taken and not the newest: what a newer
    /// pg_restore sends, an older server may not understand.
    /// </summary>
    /// <param name="atLeast">The version they must not be older than.</param>
    /// <param name="of">What has that version, for the message: <c>The server at db.example.com:5432</c>.</param>
    /// <param name="given">The directory given as --pg-bin; the only place to look in where it is given.</param>
    /// <param name="ct">Ends the search.</param>
    /// <exception cref="CouldNotRunException">There are none, or only older ones.</exception>
    public static async Task<PgPrograms> FindAsync(Version atLeast, string of, string? given, CancellationToken ct)
    {
        var found = new List<PgPrograms>();
        foreach (var directory in given is null ? Candidates().Distinct() : [Path.GetFullPath(given)])
        {
            if (await ReadAsync(directory, ct) is { } programs)
            {
                found.Add(programs);
            }
        }

        return found
                .Where(programs => programs.Version.Major >= atLeast.Major)
                .OrderBy(programs => programs.Version.Major)
                .ThenByDescending(programs => programs.Version)
                .FirstOrDefault()
            ?? throw new CouldNotRunException(Missing(found, atLeast, of, given));
    }

    private static string Missing(List<PgPrograms> found, Version atLeast, string of, string? given)
    {
        var what =
            found.Count > 0
                ? $"{of} is PostgreSQL {atLeast}, and pg_dump and pg_restore here are older: "
                    + string.Join(
                        ", ",
                        found.OrderByDescending(p => p.Version).Select(p => $"{p.Version} in {p.Directory}")
                    )
                    + ". An older pg_dump cannot read a newer server."
            : given is null
                ? $"{of} is PostgreSQL {atLeast}, and there is no pg_dump and pg_restore here: neither in PATH nor where packages put them."
            : $"--pg-bin {given} holds no pg_dump and pg_restore that run.";
        return $"{what} Nothing was done.{Environment.NewLine}To do: install PostgreSQL {atLeast.Major}'s client programs: "
            + $"{Install(atLeast.Major)}{Environment.NewLine}Programs that lie elsewhere are named by --pg-bin DIRECTORY.";
    }

    private static string Install(int major) =>
        OperatingSystem.IsMacOS() ? $"brew install postgresql@{major}"
        : OperatingSystem.IsWindows() ? $"winget install PostgreSQL.PostgreSQL.{major}"
        : $"apt-get install postgresql-client-{major} (Debian, Ubuntu; where the distribution is older than that: "
            + "apt-get install postgresql-common && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh first), "
            + $"dnf install postgresql{major} (Fedora, Red Hat, with postgresql.org's repository), apk add postgresql{major}-client (Alpine)";

    private static IEnumerable<string> Candidates()
    {
        foreach (var (parent, pattern, below) in _places)
        {
            if (System.IO.Directory.Exists(parent))
            {
                foreach (var found in System.IO.Directory.EnumerateDirectories(parent, pattern))
                {
                    yield return Path.Combine(found, below);
                }
            }
        }

        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        foreach (var directory in path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            // Debian's wrapper in /usr/bin chooses a version by itself; the versions are found where they lie.
            if (
                Path.IsPathRooted(directory)
                && new FileInfo(Program(directory, "pg_dump")) is { Exists: true } program
                && program.ResolveLinkTarget(returnFinalTarget: true)?.Name != "pg_wrapper"
            )
            {
                yield return Path.TrimEndingDirectorySeparator(directory);
            }
        }
    }

    private static async Task<PgPrograms?> ReadAsync(string directory, CancellationToken ct)
    {
        if (!File.Exists(Program(directory, "pg_dump")) || !File.Exists(Program(directory, "pg_restore")))
        {
            return null;
        }

        try
        {
            var result = await Cli.Wrap(Program(directory, "pg_dump"))
                .WithArguments("--version")
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(ct);
            return ParseVersion(result.StandardOutput) is { } version ? new PgPrograms(directory, version) : null;
        }
        catch (Win32Exception)
        {
            return null; // not a program of this machine's kind
        }
    }

    /// <summary>Reads <c>pg_dump (PostgreSQL) 15.18 (Debian …)</c>, and <c>18beta1</c>.</summary>
    internal static Version? ParseVersion(string text) =>
        VersionText().Match(text) is { Success: true } match
            ? new Version(Number(match.Groups["major"]), Number(match.Groups["minor"]))
            : null;

    private static string Program(string directory, string name) =>
        Path.Combine(directory, OperatingSystem.IsWindows() ? name + ".exe" : name);

    private static int Number(Group group) =>
        group.Success ? int.Parse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"\(PostgreSQL\) (?<major>\d+)(\.(?<minor>\d+))?")]
    private static partial Regex VersionText();
}
