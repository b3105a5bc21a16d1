using MigrationSafety.Hazards;
using Xunit;

namespace Db.Tests.Linting;

public class HazardPageTests
{
    private static readonly string _docs = Path.Combine(Checkout.Above(AppContext.BaseDirectory)!.Directory, "docs");

    [Fact]
    public void The_committed_pages_are_what_the_checks_say()
    {
        var pages = HazardPages.All();
        var renew = Environment.GetEnvironmentVariable("RENEW_DOCS") == "1";
        var stale = new List<string>();
        foreach (var (name, text) in pages)
        {
            var path = Path.Combine(_docs, name);
            if (File.Exists(path) && File.ReadAllText(path).ReplaceLineEndings("\n") == text)
            {
                continue;
            }

            stale.Add(name);
            if (renew)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, text);
            }
        }

        foreach (var left in Directory.EnumerateFiles(Path.Combine(_docs, "hazards"), "*.md"))
        {
            var name = $"hazards/{Path.GetFileName(left)}";
            if (!pages.ContainsKey(name))
            {
                stale.Add(name);
                if (renew)
                {
                    File.Delete(left);
                }
            }
        }

        Assert.True(
            renew || stale.Count == 0,
            $"docs/{string.Join(", docs/", stale)} stale. Renew: RENEW_DOCS=1 dotnet test --project tests/Db.Tests"
        );
    }

    [Fact]
    public void Every_line_is_covered_and_every_check_covers_one()
    {
        Assert.All(
            HazardCoverage.Lines,
            line => Assert.True(line.Rewritten is not null || line.Checks.Count > 0 || line.Seen is not null, line.What)
        );
        var used = HazardCoverage.Lines.SelectMany(line => line.Checks).ToHashSet();
        Assert.Equal([], HazardChecks.Hazards.Select(hazard => hazard.Id).Except(used).Order());
    }
}
