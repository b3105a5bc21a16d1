using System.Text.Json;
using System.Xml.Linq;
using Db.Linting;
using Db.Linting.Formats;
using MigrationSafety.Hazards;
using Xunit;

namespace Db.Tests.Linting;

public class LintFormatTests
{
    private const string Up = "20261122153835_AddInvoices";

    private static readonly Hazard _index = new(
        "index-not-concurrent",
        HazardGroup.BlocksTheApplication,
        "An index that keeps writers out while it is built",
        "PostgreSQL keeps every write out until the index is built.",
        "ShareLock",
        []
    );

    private static readonly Hazard _door = new(
        "rls-missing",
        HazardGroup.OpensADoor,
        "A table that everybody may read",
        "The API serves it.",
        null,
        []
    );

    // Everything that one of the formats has to escape stands in it somewhere.
    private static readonly LintOutcome _outcome = new(
        [
            new(
                Up,
                "Up",
                "Data.Migrations/Migrations/a b,c.cs",
                [
                    Found(_index, "Writers wait: 100 %, all\nof them, <for> \"long\" & more\u0001.", 12),
                    Found(_index, "Again.", 13),
                    Found(_door, "Everybody reads it.", 0) with
                    {
                        AcceptedBecause = "it's public \"on\" <purpose>, 100%\nreally",
                    },
                ]
            ),
            new(Up, "Down", null, []),
        ],
        new[] { _index, _door }.ToDictionary(hazard => hazard.Id)
    );

    private static LintFinding Found(Hazard hazard, string what, int line) =>
        new(
            new Finding(
                hazard.Id,
                what,
                "CREATE INDEX CONCURRENTLY i\n  ON invoices (id);",
                new(Up, "Up", "Data.Migrations/Migrations/a b,c.cs", line, "CREATE INDEX i ON invoices (id)"),
                "public.\"Invoices\"",
                "[AcceptHazard(\"index-not-concurrent\", \"why it is no danger here\")]"
            ),
            null
        );

    [Fact]
    public void Text()
    {
        var outcome = _outcome with
        {
            Subjects = [_outcome.Subjects[0] with { Findings = [.. _outcome.Subjects[0].Findings.Skip(1)] }],
        };
        Assert.Equal(
            """
            20261122153835_AddInvoices (Up)

              index-not-concurrent: An index that keeps writers out while it is built
                at Data.Migrations/Migrations/a b,c.cs:13
                CREATE INDEX i ON invoices (id)

                Again.

                Instead:
                    CREATE INDEX CONCURRENTLY i
                      ON invoices (id);

                More: docs/hazards/index-not-concurrent.md
                To accept it, on the migration's class: [AcceptHazard("index-not-concurrent", "why it is no danger here")]

              rls-missing: A table that everybody may read
                at Data.Migrations/Migrations/a b,c.cs
                CREATE INDEX i ON invoices (id)
                Accepted: it's public "on" <purpose>, 100%
                really

            1 hazard in 1 migration; 1 accepted.
            """,
            LintText.Of(outcome),
            ignoreLineEndingDifferences: true
        );
    }

    [Fact]
    public void Json()
    {
        var json = JsonDocument.Parse(LintJson.Of(_outcome)).RootElement;

        Assert.Equal((2, 1), (json.GetProperty("unaccepted").GetInt32(), json.GetProperty("accepted").GetInt32()));
        var findings = json.GetProperty("findings").EnumerateArray().ToList();
        Assert.Equal(
            ["index-not-concurrent", "index-not-concurrent", "rls-missing"],
            findings.Select(f => f.GetProperty("hazard").GetString())
        );
        Assert.Equal(12, findings[0].GetProperty("line").GetInt32());
        Assert.Equal(JsonValueKind.Null, findings[2].GetProperty("line").ValueKind);
        Assert.StartsWith(
            "it's public",
            findings[2].GetProperty("acceptedBecause").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(2, json.GetProperty("looked").GetArrayLength());
    }

    [Fact]
    public void GitHub_commands_escape_what_the_runner_takes_apart()
    {
        var lines = LintGitHub.Of(_outcome).Split('\n');

        Assert.Equal(4, lines.Length);
        Assert.StartsWith(
            "::error file=Data.Migrations/Migrations/a b%2Cc.cs,line=12,title=index-not-concurrent%3A An index that keeps writers out while "
                + "it is built::Writers wait: 100 %25, all%0Aof them, <for> \"long\" & more\u0001.%0A%0AInstead:%0ACREATE INDEX CONCURRENTLY i%0A",
            lines[0],
            StringComparison.Ordinal
        );
        Assert.StartsWith("::notice file=", lines[2], StringComparison.Ordinal);
        Assert.EndsWith(
            "::Accepted: it's public \"on\" <purpose>, 100%25%0Areally",
            lines[2],
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("line=", lines[2], StringComparison.Ordinal);
        Assert.Equal("2 hazards in 1 migration; 1 accepted.", lines[3]);
    }

    [Fact]
    public void JUnit_has_a_failed_test_for_each_finding_and_a_passed_one_where_there_is_none()
    {
        var suite = XDocument.Parse(LintJUnit.Of(_outcome)).Root!.Element("testsuite")!;

        Assert.Equal(("4", "2", "1"), (Value(suite, "tests"), Value(suite, "failures"), Value(suite, "skipped")));
        Assert.Equal(
            [
                "Up: index-not-concurrent on public.\"Invoices\"",
                "Up: index-not-concurrent on public.\"Invoices\" (2)",
                "Up: rls-missing on public.\"Invoices\"",
                "Down: no hazard",
            ],
            suite.Elements().Select(test => Value(test, "name"))
        );
        Assert.Equal(
            "Writers wait: 100 %, all\nof them, <for> \"long\" & more\uFFFD.",
            Value(suite.Elements().First().Element("failure")!, "message")
        );
        Assert.NotNull(suite.Elements().ElementAt(2).Element("skipped"));
        Assert.Empty(suite.Elements().Last().Elements());
        Assert.StartsWith(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
            LintJUnit.Of(_outcome),
            StringComparison.Ordinal
        );

        static string Value(XElement element, string name) => element.Attribute(name)!.Value;
    }

    [Fact]
    public void Sarif_names_each_rule_place_and_suppression()
    {
        var log = JsonDocument.Parse(LintSarif.Of(_outcome)).RootElement;
        var run = log.GetProperty("runs")[0];
        var rules = run.GetProperty("tool").GetProperty("driver").GetProperty("rules").EnumerateArray().ToList();
        var results = run.GetProperty("results").EnumerateArray().ToList();

        Assert.Equal("2.1.0", log.GetProperty("version").GetString());
        Assert.Equal(3, results.Count);
        Assert.All(
            results,
            result =>
                Assert.Equal(
                    result.GetProperty("ruleId").GetString(),
                    rules[result.GetProperty("ruleIndex").GetInt32()].GetProperty("id").GetString()
                )
        );
        var place = results[0].GetProperty("locations")[0].GetProperty("physicalLocation");
        Assert.Equal(
            "Data.Migrations/Migrations/a%20b%2Cc.cs",
            place.GetProperty("artifactLocation").GetProperty("uri").GetString()
        );
        Assert.Equal(12, place.GetProperty("region").GetProperty("startLine").GetInt32());
        Assert.False(results[0].TryGetProperty("suppressions", out _));
        Assert.Equal("inSource", results[2].GetProperty("suppressions")[0].GetProperty("kind").GetString());
        Assert.Equal("7.0", rules[1].GetProperty("properties").GetProperty("security-severity").GetString());
    }
}
