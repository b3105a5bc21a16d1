using MigrationSafety.Hazards;
using Xunit;

namespace MigrationSafety.Tests.Hazards;

/// <summary>What the pages show is what the checks do.</summary>
public sealed class HazardExampleTests
{
    public static TheoryData<string, int> Examples =>
        [
            .. HazardChecks.Hazards.SelectMany(h =>
                Enumerable.Range(0, h.Examples.Count).Select(i => new TheoryDataRow<string, int>(h.Id, i))
            ),
        ];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Bad_is_found_and_good_is_not(string id, int number)
    {
        var example = HazardChecks.Hazards.Single(h => h.Id == id).Examples[number];
        var bad = Reviewing.Example(example, example.Bad);
        Assert.Empty(bad.NotRead);
        Assert.Contains(id, bad.Findings.Select(f => f.Hazard));
        Assert.All(bad.Findings, f => Assert.False(string.IsNullOrWhiteSpace(f.Instead), f.Hazard));

        if (example.Good is { } good)
        {
            var report = Reviewing.Example(example, good);
            Assert.Empty(report.NotRead);
            Assert.Empty(report.Findings.Select(f => f.Hazard));
        }
    }

    [Fact]
    public void Every_hazard_can_be_looked_up()
    {
        Assert.All(
            HazardChecks.Hazards,
            hazard =>
            {
                Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", hazard.Id);
                // Two are found elsewhere than in SQL.
                Assert.True(
                    hazard.Examples.Count > 0 || hazard.Id is "unused-index" or "acceptance-unmatched",
                    hazard.Id
                );
                Assert.NotEmpty(hazard.Title);
                Assert.NotEmpty(hazard.Why);
            }
        );
        Assert.Equal(HazardChecks.Hazards.Count, HazardChecks.Hazards.Select(h => h.Id).Distinct().Count());
    }

    // Where a statement has the hazard's name already, Check stands behind it: DropColumnCheck looks for drop-column.
    [Fact]
    public void A_check_is_named_after_its_hazard() =>
        Assert.All(
            HazardChecks.All,
            check =>
            {
                var id = check.Hazard.Id.Replace("-", "", StringComparison.Ordinal);
                var name = check.GetType().Name.ToLowerInvariant();
                Assert.True(name == id || name == id + "check", name);
            }
        );
}
