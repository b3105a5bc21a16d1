using System.Globalization;
using System.Text.RegularExpressions;
using Data.Access;
using MigrationSafety.Arguments;
using MigrationSafety.Connections;
using MigrationSafety.Statements;

namespace Db.CriticalQueries;

/// <summary>Reads <c>release/critical-queries/*.sql</c>: one query a file, its expectations in the comment that it begins with.</summary>
internal static partial class CriticalQueryFiles
{
    /// <summary>The role that the application's own queries run as, where a file names none.</summary>
    private const string DefaultRole = "service_role";

    private static readonly string[] _keys = ["role", "as", "rows", "time", "plan"];

    /// <summary>Reads every file of a folder, in the order of their names.</summary>
    /// <exception cref="CouldNotRunException">A file cannot be understood; every problem is named, one line each.</exception>
    public static IReadOnlyList<CriticalQuery> Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new CouldNotRunException(
                $"There is no folder {folder}. Critical queries are files in it, one query each; see docs/critical-queries.md."
            );
        }

        var problems = new List<string>();
        var queries = Directory
            .EnumerateFiles(folder, "*.sql")
            .Order(StringComparer.Ordinal)
            .Select(file => Parse(Shown(file), File.ReadAllText(file), problems))
            .OfType<CriticalQuery>()
            .ToList();
        return problems.Count == 0
            ? queries
            : throw new CouldNotRunException(string.Join(Environment.NewLine, problems));
    }

    /// <summary>Reads one file.</summary>
    /// <param name="file">Its path, as messages name it.</param>
    /// <param name="text">What is in it.</param>
    /// <param name="problems">Where problems are added, as <c>file:line: what is wrong</c>.</param>
    /// <returns>Null where there were problems.</returns>
    public static CriticalQuery? Parse(string file, string text, ICollection<string> problems)
    {
        var before = problems.Count;
        string? title = null;
        string? role = null;
        string? persona = null;
        RowRange? rows = null;
        TimeSpan? time = null;
        var plans = new List<PlanExpectation>();
        var seen = new HashSet<string>();
        foreach (var (line, number) in Header(text))
        {
            if (Expectation().Match(line) is not { Success: true } match)
            {
                title ??= line.Length > 0 ? line : null;
                if (_keys.FirstOrDefault(k => Regex.IsMatch(line, $@"^{k}\s*(=|>|<|\d)")) is { } forgotten)
                {
                    Problem(number, $"a colon is missing: write -- {forgotten}: …");
                }

                continue;
            }

            var (key, value) = (match.Groups[1].Value, match.Groups[2].Value.Trim());
            if (!_keys.Contains(key))
            {
                var meant = NearestName.Of(key, _keys);
                Problem(
                    number,
                    $"\"{key}:\" is not an expectation"
                        + (meant is null ? $"; known are {string.Join(", ", _keys)}. " : $"; \"{meant}:\" is. ")
                        + "(A remark that has a colon after its first word begins with a capital letter.)"
                );
            }
            else if (!seen.Add(key) && key != "plan")
            {
                Problem(number, $"\"{key}:\" stands here twice.");
            }

            switch (key)
            {
                case "role" when Name().IsMatch(value):
                    role = value;
                    break;
                case "role":
                    Problem(
                        number,
                        $"\"{value}\" is not the name of a role; write service_role, another role, or owner."
                    );
                    break;
                case "as" when AccessTable.Personas.Contains(value) && value != AccessTable.AnotherMember:
                    persona = value;
                    break;
                case "as":
                    Problem(number, $"\"{value}\" is nobody; write anonymous, member, superadmin or service.");
                    break;
                case "rows":
                    rows = Rows(value);
                    if (rows is null)
                    {
                        Problem(number, $"\"{value}\" is not a number of rows; write = 0, >= 1, <= 50 or 1..50.");
                    }

                    break;
                case "time" when Duration.TryParse(value.Replace(" ", "", StringComparison.Ordinal), out var limit):
                    time = limit;
                    break;
                case "time":
                    Problem(number, $"\"{value}\" is not a time; write 200ms or 2s.");
                    break;
                case "plan":
                    foreach (var part in value.Split([',', '|'], StringSplitOptions.TrimEntries))
                    {
                        if (Plan(part) is { } plan)
                        {
                            plans.Add(plan);
                        }
                        else
                        {
                            Problem(
                                number,
                                $"\"{part}\" is not understood; write uses-index NAME or no-seq-scan TABLE, several with commas."
                            );
                        }
                    }

                    break;
            }
        }

        if (role is not null && persona is not null)
        {
            Problem(1, $"\"as: {persona}\" has a role already; take \"role: {role}\" away.");
        }

        var statements = SqlScanner.Split(text);
        if (statements.Count != 1)
        {
            Problem(
                statements.Count == 0 ? LineOf(text, text.Length) : LineOf(text, statements[1].Start),
                statements.Count == 0 ? "there is no query in it." : "a second statement begins here; one query a file."
            );
        }
        else if (statements[0].Tokens is not ["SELECT" or "WITH" or "TABLE" or "VALUES" or "(", ..])
        {
            Problem(
                LineOf(text, statements[0].Start),
                $"{statements[0].Tokens[0]} is not a query; it runs in a read-only transaction, so begin with SELECT or WITH."
            );
        }

        if (rows is null && time is null && plans.Count == 0 && problems.Count == before)
        {
            Problem(1, "nothing is expected of it; add at least one of -- rows: …, -- time: …, -- plan: …");
        }

        var name = Path.GetFileNameWithoutExtension(file);
        return problems.Count > before
            ? null
            : new CriticalQuery(
                name,
                file,
                title ?? name,
                role switch
                {
                    null when persona is null => DefaultRole,
                    "owner" => null,
                    _ => role,
                },
                persona,
                rows,
                time,
                plans,
                statements[0].Text
            );

        void Problem(int line, string what) => problems.Add($"{file}:{line}: {what}");
    }

    // The comment that the file begins with, without its dashes, each line with its number from 1.
    private static IEnumerable<(string Line, int Number)> Header(string text)
    {
        var number = 0;
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n').Select(l => l.Trim('\uFEFF', ' ', '\t')))
        {
            number++;
            if (line.Length > 0 && !line.StartsWith("--", StringComparison.Ordinal))
            {
                yield break;
            }

            if (line.Length > 0)
            {
                yield return (line.TrimStart('-').Trim(), number);
            }
        }
    }

    private static RowRange? Rows(string value)
    {
        if (RowsForm().Match(value) is not { Success: true } match)
        {
            return null;
        }

        if (
            !long.TryParse(match.Groups[2].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !long.TryParse(
                match.Groups[3].Success ? match.Groups[3].Value : "0",
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var to
            )
        )
        {
            return null;
        }

        return match.Groups[3].Success
            ? match.Groups[1].Length == 0 && to >= number
                ? new RowRange(number, to)
                : null
            : match.Groups[1].Value switch
            {
                ">=" => new RowRange(number, null),
                ">" => new RowRange(number + 1, null),
                "<=" => new RowRange(0, number),
                "<" when number > 0 => new RowRange(0, number - 1),
                "" or "=" => new RowRange(number, number),
                _ => null,
            };
    }

    private static PlanExpectation? Plan(string part)
    {
        string[] words = part.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return words switch
        {
            ["uses-index", var index] => new PlanExpectation(PlanRule.UsesIndex, index.Trim('"')),
            ["no-seq-scan", var table] => new PlanExpectation(PlanRule.NoSequentialScan, table.Trim('"')),
            _ => null,
        };
    }

    private static int LineOf(string text, int position) => 1 + text[..position].Count(c => c == '\n');

    private static string Shown(string file)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, file);
        return relative.StartsWith("..", StringComparison.Ordinal) ? file : relative.Replace('\\', '/');
    }

    [GeneratedRegex(@"^([a-z][a-z_-]*)\s*:(?!//)(.*)$")]
    private static partial Regex Expectation();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_-]*$")]
    private static partial Regex Name();

    [GeneratedRegex(@"^(>=|<=|=|>|<|)\s*(\d+)(?:\s*\.\.\s*(\d+))?$")]
    private static partial Regex RowsForm();
}
