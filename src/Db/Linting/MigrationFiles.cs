using System.Text.RegularExpressions;
using MigrationSafety.Hazards;

namespace Db.Linting;

/// <summary>Where in the working copy a migration's operations and SQL files stand, for a finding to point at.</summary>
internal sealed partial class MigrationFiles
{
    private readonly string _root;
    private readonly Dictionary<string, string> _code;
    private readonly ILookup<string, SqlText> _sql;

    public MigrationFiles(string root)
    {
        _root = root;
        var project = Path.Combine(root, "Data.Migrations");
        var files = Directory.Exists(project)
            ? Directory.EnumerateFiles(project, "*.*", SearchOption.AllDirectories).Where(IsSource).ToList()
            : [];
        _code = files
            .Where(file =>
                file.EndsWith(".cs", StringComparison.Ordinal)
                && !file.EndsWith(".Designer.cs", StringComparison.Ordinal)
            )
            .GroupBy(file => Path.GetFileNameWithoutExtension(file)!, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        _sql = files
            .Where(file => file.EndsWith(".sql", StringComparison.Ordinal))
            .ToLookup(
                file => Path.GetFileName(Path.GetDirectoryName(file))!,
                file => new SqlText(file, new(() => Bare(File.ReadAllText(file)))),
                StringComparer.Ordinal
            );
    }

    /// <summary>The script with the file of each command that stands in one.</summary>
    public HazardScript Locate(HazardScript script)
    {
        var id = script.Migration!;
        var name = id.Split('_', 2) is [_, var rest] ? rest : id;
        var suffix = script.Direction == "Up" ? ".up.sql" : ".down.sql";
        var own = _sql[name].Where(file => file.Path.EndsWith(suffix, StringComparison.Ordinal)).ToList();
        return script with
        {
            File = _code.TryGetValue(id, out var code) ? Relative(code) : null,
            Commands =
            [
                .. script.Commands.Select(command =>
                    own.Count > 0 && own.Find(file => file.Bare.Value == Bare(command.Sql)) is { } found
                        ? command with
                        {
                            File = Relative(found.Path),
                            Line = 1,
                        }
                        : command
                ),
            ],
        };
    }

    /// <summary>The finding with the line of the operation that it most likely is about.</summary>
    public Finding Locate(Finding finding)
    {
        if (
            finding.Where is not { Line: 0, Migration: { } id, Direction: { } direction }
            || !_code.TryGetValue(id, out var path)
        )
        {
            return finding;
        }

        var lines = File.ReadAllLines(path);
        var method = Array.FindIndex(lines, line => line.Contains($" void {direction}(", StringComparison.Ordinal));
        if (method < 0)
        {
            return finding;
        }

        var end = Array.FindIndex(lines, method + 1, line => line.Contains(" void ", StringComparison.Ordinal));
        end = end < 0 ? lines.Length : end;
        var names = Names().Matches(finding.Where.Sql).Select(m => m.Value.Trim('"')).ToHashSet(StringComparer.Ordinal);
        var (best, most) = (method, 0);
        for (var start = method; start < end; )
        {
            var next = start + 1;
            while (next < end && !lines[next].Contains("migrationBuilder", StringComparison.Ordinal))
            {
                next++;
            }

            // The operation that names most of what the statement names.
            var said = Literals().Matches(string.Join('\n', lines[start..next])).Select(m => m.Groups[1].Value);
            var score = said.Distinct(StringComparer.Ordinal).Count(names.Contains);
            (best, most) = score > most ? (start, score) : (best, most);
            start = next;
        }

        return finding with
        {
            Where = finding.Where with { Line = best + 1 },
        };
    }

    private string Relative(string path) => Path.GetRelativePath(_root, path).Replace('\\', '/');

    private static bool IsSource(string file) =>
        !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
        && !file.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal);

    private static string Bare(string sql) => sql.ReplaceLineEndings("\n").Trim();

    private sealed record SqlText(string Path, Lazy<string> Bare);

    [GeneratedRegex(
        """
            "[^"]+"|\w+
            """,
        RegexOptions.IgnorePatternWhitespace
    )]
    private static partial Regex Names();

    [GeneratedRegex("\"([^\"]+)\"")]
    private static partial Regex Literals();
}
