using Data.Migrations;
using Db.Databases;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Connections;
using MigrationSafety.Hazards;

namespace Db.Linting;

/// <summary>Reviews the project's migrations, or files of SQL that are somebody else's.</summary>
internal sealed class Linter(HazardOptions options)
{
    private static readonly Dictionary<string, Hazard> _hazards = HazardChecks.Hazards.ToDictionary(
        hazard => hazard.Id,
        StringComparer.Ordinal
    );

    /// <summary>Statements that could not be read and so were not checked.</summary>
    public IReadOnlyList<UnreadStatement> NotRead { get; private set; } = [];

    /// <summary>Reviews migrations of this project.</summary>
    /// <param name="isLinted">Which of them; the others are read for what they made.</param>
    /// <param name="withDown">Whether their Down is looked at as well.</param>
    /// <param name="root">The working copy, for files and lines.</param>
    public LintOutcome Migrations(Func<string, bool> isLinted, bool withDown, string root)
    {
        // Made without a server: only SQL is asked for.
        using var context = DesignTimeFactory.CreateFor("Host=localhost");
        var files = new MigrationFiles(root);
        var scripts = MigrationScripts
            .Of(context, id => !isLinted(id), withDown)
            .Select(script => script.IsHistory ? script : files.Locate(script))
            .ToList();
        var report = new HazardReview(options).Review(scripts);
        NotRead = report.NotRead;
        var found = Found(report).Select(f => f with { Finding = files.Locate(f.Finding) }).ToList();
        var subjects = scripts
            .Where(script => !script.IsHistory)
            .Select(script => new LintSubject(
                script.Migration!,
                script.Direction,
                script.File,
                [
                    .. found.Where(f =>
                        f.Finding.Where.Migration == script.Migration
                        // What an attribute of the class says is told once.
                        && (f.Finding.Where.Direction ?? "Up") == script.Direction
                    ),
                ]
            ))
            .ToList();
        return new LintOutcome(subjects, _hazards);
    }

    /// <summary>Reviews files of SQL, in the order in which they run.</summary>
    /// <param name="files">Their paths.</param>
    /// <param name="schema">What exists before: a file or a database; null for nothing that is known.</param>
    /// <param name="ct">Ends the reading.</param>
    public async Task<LintOutcome> FilesAsync(IReadOnlyList<string> files, string? schema, CancellationToken ct)
    {
        var review = new HazardReview(options);
        if (schema is not null)
        {
            await SchemaSource.AddAsync(review, schema, ct);
        }

        var scripts = new List<HazardScript>();
        foreach (var file in files)
        {
            if (!File.Exists(file))
            {
                throw new CouldNotRunException($"--sql: there is no file {file}.");
            }

            scripts.Add(HazardScript.OfFile(file.Replace('\\', '/'), await File.ReadAllTextAsync(file, ct)));
        }

        var report = review.Review(scripts);
        NotRead = report.NotRead;
        var found = Found(report);
        return new LintOutcome(
            [
                .. scripts.Select(script => new LintSubject(
                    script.File!,
                    null,
                    script.File,
                    [.. found.Where(f => f.Finding.Where.File == script.File)]
                )),
            ],
            _hazards
        );
    }

    /// <summary>Asks a live database for what only it knows.</summary>
    public static async Task<LintSubject> DatabaseAsync(NamedDatabase database, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var unused = await UnusedIndexes.ReadAsync(connection, ct);
        return new LintSubject(
            database.Connection.ToString(),
            null,
            null,
            [.. unused.Select(finding => new LintFinding(finding, null))]
        );
    }

    /// <summary>The full ids of the project's migrations, in order.</summary>
    public static IReadOnlyList<string> Ids()
    {
        using var context = DesignTimeFactory.CreateFor("Host=localhost");
        return [.. context.GetService<IMigrationsAssembly>().Migrations.Keys.Order(StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>The full id of a migration, from it or from its name.</summary>
    /// <exception cref="CouldNotRunException">There is none.</exception>
    public static string Resolve(string name, IReadOnlyList<string> ids) =>
        ids.FirstOrDefault(id =>
            id.Equals(name, StringComparison.OrdinalIgnoreCase)
            || (id.Split('_', 2) is [_, var rest] && rest.Equals(name, StringComparison.OrdinalIgnoreCase))
        )
        ?? throw new CouldNotRunException(
            $"There is no migration {name}. The newest are: {string.Join(", ", ids.Reverse().Take(5))}."
        );

    private static List<LintFinding> Found(HazardReport report) =>
        [
            .. report.Findings.Select(finding => new LintFinding(finding, null)),
            .. report.Accepted.Select(accepted => new LintFinding(accepted.Finding, accepted.Reason)),
            .. report.Unmatched.Select(unmatched => new LintFinding(unmatched.AsFinding(), null)),
        ];
}
