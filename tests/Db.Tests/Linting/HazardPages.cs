using System.Text;
using MigrationSafety.Hazards;

namespace Db.Tests.Linting;

/// <summary>The pages of the documentation, as the checks themselves say them.</summary>
internal static class HazardPages
{
    private const string Made =
        "<!-- Made by RENEW_DOCS=1 dotnet test --project tests/Db.Tests; edited by hand it is stale. -->";

    /// <summary>Every page's text, by its path below <c>docs</c>.</summary>
    public static IReadOnlyDictionary<string, string> All()
    {
        var pages = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["hazards/README.md"] = Index(),
            ["hazard-coverage.md"] = Coverage(),
        };
        foreach (var hazard in HazardChecks.Hazards)
        {
            pages[$"hazards/{hazard.Id}.md"] = Page(hazard);
        }

        return pages;
    }

    /// <summary>What a group is about, as a heading.</summary>
    public static string Heading(HazardGroup group) =>
        group switch
        {
            HazardGroup.BlocksTheApplication => "Blocks the application",
            HazardGroup.BreaksTheRunningRelease => "Breaks the release that is running",
            HazardGroup.LosesData => "Loses data",
            HazardGroup.LeavesAMess => "Leaves a mess when it fails",
            HazardGroup.OpensADoor => "Opens a door",
            HazardGroup.CostsForEver => "Costs for ever",
            _ => throw new ArgumentOutOfRangeException(nameof(group), group, null),
        };

    private static string Page(Hazard hazard)
    {
        var text = new StringBuilder($"# {hazard.Title}\n\n{Made}\n\n`{hazard.Id}` · {Heading(hazard.Group)}\n\n");
        text.Append(Wrapped(hazard.Why)).Append("\n\n");
        if (hazard.Lock is { } taken)
        {
            text.Append($"**Lock:** {taken}.\n\n");
        }

        foreach (var example in hazard.Examples)
        {
            if (example.Schema.Trim().Length > 0)
            {
                Code(text, "What is there:", "sql", example.Schema);
            }

            if (example.Up is { } up)
            {
                Code(text, "What the Up does:", "sql", up);
            }

            Code(text, example.Up is null ? "Dangerous:" : "A Down that is dangerous:", "sql", example.Bad);
            if (example.Good is { } good)
            {
                Code(text, "Instead:", "sql", good);
            }

            if (example.GoodMigration is { } migration)
            {
                Code(
                    text,
                    example.Good is null ? "Instead:" : "The same in a migration or the model of EF Core:",
                    "csharp",
                    migration
                );
            }
        }

        text.Append("## Accepting it\n\n");
        text.Append(
            hazard.Id switch
            {
                "unused-index" =>
                    "It is looked for by `db lint --live` alone, and stops no run. An index that is meant for later may stay.\n",
                "acceptance-unmatched" =>
                    "It cannot be accepted. Remove the acceptance, or correct its id and what it is limited to.\n",
                _ => Accepting(hazard),
            }
        );
        return text.ToString();
    }

    private static string Accepting(Hazard hazard) =>
        $"""
            Where it is no danger, say why, on the migration's class; the reason stands in the plan and in every report:

            ```csharp
            [AcceptHazard("{hazard.Id}", "the table has forty rows, and nobody writes to it at night")]
            public partial class AddInvoices : Migration
            ```

            In a file of SQL that is no migration, above the statement:

            ```sql
            -- accept: {hazard.Id} (the table has forty rows, and nobody writes to it at night)
            ```

            `On = "invoices"` limits the attribute to one table. An acceptance that matches nothing is an error of its own.
            {(
                hazard.Group == HazardGroup.CostsForEver
                    ? "\nA hazard of this kind does not stop a run: it is said by `dotnet ef migrations add` and by `db lint`.\n"
                    : ""
            )}
            """;

    private static string Index()
    {
        var text = new StringBuilder(
            $"# Hazards\n\n{Made}\n\n"
                + "What `db lint`, `dotnet ef migrations add` and the rails look for. Each page says what PostgreSQL does, who notices, and what to\n"
                + "write instead. [Which line of defence covers what](../hazard-coverage.md).\n"
        );
        foreach (var group in HazardChecks.Hazards.GroupBy(hazard => hazard.Group).OrderBy(group => group.Key))
        {
            text.Append($"\n## {Heading(group.Key)}\n\n| hazard | what |\n|---|---|\n");
            foreach (var hazard in group.OrderBy(hazard => hazard.Id, StringComparer.Ordinal))
            {
                text.Append($"| [{hazard.Id}]({hazard.Id}.md) | {hazard.Title} |\n");
            }
        }

        return text.ToString();
    }

    private static string Coverage()
    {
        var text = new StringBuilder(
            $"# What covers which hazard\n\n{Made}\n\n"
                + "**Rewritten**: as an operation of EF Core the rails make it harmless by themselves. **Checked**: `dotnet ef migrations add`,\n"
                + "`db lint` and the rails name it, in raw SQL too. **Seen**: `db trace` and the guards of a run find it by looking at what PostgreSQL\n"
                + "does or has.\n"
        );
        var known = HazardChecks.Hazards.Select(hazard => hazard.Id).ToHashSet();
        foreach (var group in HazardCoverage.Lines.GroupBy(line => line.Group))
        {
            text.Append($"\n## {Heading(group.Key)}\n\n| what | rewritten | checked | seen |\n|---|---|---|---|\n");
            foreach (var line in group)
            {
                var checks = string.Join(
                    ", ",
                    line.Checks.Where(known.Contains).Select(id => $"[{id}](hazards/{id}.md)")
                );
                text.Append($"| {line.What} | {line.Rewritten ?? ""} | {checks} | {line.Seen ?? ""} |\n");
            }
        }

        return text.ToString();
    }

    private static void Code(StringBuilder text, string heading, string language, string code) =>
        text.Append($"{heading}\n\n```{language}\n{code.ReplaceLineEndings("\n").Trim()}\n```\n\n");

    private static string Wrapped(string paragraph)
    {
        var (text, column) = (new StringBuilder(), 0);
        foreach (var word in paragraph.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > 130)
            {
                text.Append('\n');
                column = 0;
            }

            text.Append(column > 0 ? " " : "").Append(word);
            column += (column > 0 ? 1 : 0) + word.Length;
        }

        return text.ToString();
    }
}
