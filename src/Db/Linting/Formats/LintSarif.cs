using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MigrationSafety.Hazards;

namespace Db.Linting.Formats;

/// <summary>The outcome as SARIF 2.1.0, which code scanning services read.</summary>
/// <remarks>https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html</remarks>
internal static class LintSarif
{
    private static readonly JsonSerializerOptions _options = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Of(LintOutcome outcome)
    {
        var findings = outcome.Subjects.SelectMany(subject => subject.Findings).ToList();
        // Every rule that can be found, not only those that were: a reader then knows what was looked for.
        var rules = outcome.Hazards.Values.OrderBy(hazard => hazard.Id, StringComparer.Ordinal).Select(Rule).ToList();
        var index = rules
            .Select((rule, i) => (Id: rule["id"]!.GetValue<string>(), i))
            .ToDictionary(pair => pair.Id, pair => pair.i, StringComparer.Ordinal);
        var log = new JsonObject
        {
            ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json",
            ["version"] = "2.1.0",
            ["runs"] = new JsonArray(
                new JsonObject
                {
                    ["tool"] = new JsonObject
                    {
                        ["driver"] = new JsonObject
                        {
                            ["name"] = "db lint",
                            ["semanticVersion"] = Version(),
                            ["rules"] = new JsonArray([.. rules]),
                        },
                    },
                    ["originalUriBaseIds"] = new JsonObject
                    {
                        ["SRCROOT"] = new JsonObject { ["description"] = Text("The working copy.") },
                    },
                    ["columnKind"] = "utf16CodeUnits",
                    ["results"] = new JsonArray([.. findings.Select(found => Result(found, outcome, index))]),
                }
            ),
        };
        return log.ToJsonString(_options);
    }

    private static JsonObject Rule(Hazard hazard)
    {
        var rule = new JsonObject
        {
            ["id"] = hazard.Id,
            ["shortDescription"] = Text(hazard.Title),
            ["fullDescription"] = Text(hazard.Why),
            ["help"] = Text(
                $"{hazard.Why}{(hazard.Lock is null ? "" : $"\n\nLock: {hazard.Lock}")}\n\n{FindingText.Page(hazard.Id)}"
            ),
            ["defaultConfiguration"] = new JsonObject { ["level"] = Level(hazard) },
        };
        var properties = new JsonObject { ["tags"] = new JsonArray(Tags(hazard)) };
        if (hazard.Group == HazardGroup.OpensADoor)
        {
            // Without a number of its own, code scanning does not list a rule under security.
            properties["security-severity"] = "7.0";
        }

        rule["properties"] = properties;
        return rule;
    }

    private static JsonNode Result(LintFinding found, LintOutcome outcome, Dictionary<string, int> index)
    {
        var finding = found.Finding;
        var result = new JsonObject { ["ruleId"] = finding.Hazard };
        if (index.TryGetValue(finding.Hazard, out var rule))
        {
            result["ruleIndex"] = rule;
        }

        result["level"] = outcome.Hazards.TryGetValue(finding.Hazard, out var hazard) ? Level(hazard) : "error";
        result["message"] = Text($"{finding.What}\n\nInstead:\n{finding.Instead}");
        result["locations"] = new JsonArray(Location(finding.Where));
        result["partialFingerprints"] = new JsonObject { ["finding/v1"] = Fingerprint(finding) };
        if (found.AcceptedBecause is { } reason)
        {
            result["suppressions"] = new JsonArray(
                new JsonObject
                {
                    ["kind"] = "inSource",
                    ["status"] = "accepted",
                    ["justification"] = reason,
                }
            );
        }

        return result;
    }

    private static JsonObject Location(FindingPlace where)
    {
        var location = new JsonObject();
        if (where.File is { } file)
        {
            location["physicalLocation"] = new JsonObject
            {
                ["artifactLocation"] = Path.IsPathRooted(file)
                    ? new JsonObject { ["uri"] = new Uri(file).AbsoluteUri }
                    : new JsonObject { ["uri"] = Relative(file), ["uriBaseId"] = "SRCROOT" },
                ["region"] = new JsonObject { ["startLine"] = Math.Max(1, where.Line), ["snippet"] = Text(where.Sql) },
            };
        }

        if (where.Migration is { } migration)
        {
            location["logicalLocations"] = new JsonArray(
                new JsonObject
                {
                    ["name"] = where.Direction ?? migration,
                    ["fullyQualifiedName"] = where.Direction is null ? migration : $"{migration}.{where.Direction}",
                    ["kind"] = where.Direction is null ? "type" : "function",
                }
            );
        }

        return location;
    }

    private static JsonNode[] Tags(Hazard hazard) =>
        hazard.Group == HazardGroup.OpensADoor
            ? ["migration", Words(hazard.Group), "security"]
            : ["migration", Words(hazard.Group)];

    private static string Words(HazardGroup group) =>
        string.Concat(
            group.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : $"{c}")
        );

    private static string Level(Hazard hazard) => hazard.Group == HazardGroup.CostsForEver ? "warning" : "error";

    private static string Relative(string file) =>
        string.Join('/', file.Replace('\\', '/').Split('/').Select(Uri.EscapeDataString));

    // The same finding in the next run, although lines were added above it.
    private static string Fingerprint(Finding finding) =>
        Convert.ToHexStringLower(
            SHA256.HashData(
                Encoding.UTF8.GetBytes(
                    string.Join(
                        '\0',
                        finding.Hazard,
                        finding.Where.Migration,
                        finding.Where.Direction,
                        finding.Where.Migration is null ? finding.Where.File : null,
                        finding.Object,
                        finding.Where.Sql
                    )
                )
            )
        )[..32];

    private static JsonObject Text(string text) => new() { ["text"] = text };

    private static string Version() => typeof(LintSarif).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
}
