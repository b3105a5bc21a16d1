using System.Runtime.CompilerServices;
using System.Text;
using MigrationSafety.Hazards;
using Xunit;

namespace MigrationSafety.Tests.Hazards;

/// <summary>
/// Every message in full, as it is read by whoever wrote the example's dangerous side, in a file and in a migration. WRITE_MESSAGES=1
/// writes messages.txt anew; its diff is what a reviewer reads.
/// </summary>
public sealed class HazardMessageTests
{
    [Fact]
    public void Messages_are_those_that_were_read()
    {
        var text = new StringBuilder();
        // What opens a door and what costs for ever have their messages in their own tests.
        foreach (
            var hazard in HazardChecks.Hazards.Where(h =>
                h.Group is not (HazardGroup.OpensADoor or HazardGroup.CostsForEver)
            )
        )
        {
            foreach (var example in hazard.Examples)
            {
                text.Append("== ").Append(hazard.Id).Append('\n').Append(example.Bad.Trim()).Append("\n\n");
                Write(text, hazard.Id, Reviewing.Example(example, example.Bad));
                if (example.Up is null)
                {
                    Write(text, hazard.Id, Migration(example));
                }
            }
        }

        var path = Path.Combine(Path.GetDirectoryName(ThisFile())!, "messages.txt");
        if (Environment.GetEnvironmentVariable("WRITE_MESSAGES") == "1")
        {
            File.WriteAllText(path, text.ToString());
        }

        Assert.Equal(File.ReadAllText(path), text.ToString(), ignoreLineEndingDifferences: true);
    }

    private static HazardReport Migration(HazardExample example)
    {
        var review = new HazardReview();
        review.AddSchema(example.Schema);
        return review.Review([
            new HazardScript([
                new HazardCommand(example.Bad)
                {
                    TransactionSuppressed = example.Bad.Contains("CONCURRENTLY", StringComparison.Ordinal),
                },
            ])
            {
                Migration = "20260101000000_Example",
                Direction = "Up",
            },
        ]);
    }

    private static void Write(StringBuilder text, string hazard, HazardReport report)
    {
        foreach (var finding in report.Findings.Where(f => f.Hazard == hazard))
        {
            text.Append(finding.What).Append("\n  Instead:\n");
            foreach (var line in finding.Instead.Split('\n'))
            {
                text.Append("    ").Append(line).Append('\n');
            }

            text.Append("  Accept: ").Append(finding.Accept).Append("\n\n");
        }
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
