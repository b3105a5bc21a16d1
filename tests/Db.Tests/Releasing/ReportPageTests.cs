using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using Db.Releasing;
using Db.Releasing.Reports;
using Xunit;

namespace Db.Tests.Releasing;

/// <summary>The page of a release in a real browser: on a telephone, in the dark, and on paper.</summary>
public sealed partial class ReportPageTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("report-page-");

    public void Dispose() => _folder.Delete(recursive: true);

    public static TheoryData<string, bool> Pages =>
        new()
        {
            { "released", false },
            { "released", true },
            { "failed", false },
            { "failed", true },
            { "resumed", false },
        };

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task It_fits_a_telephone_and_can_be_read(string outcome, bool dark)
    {
        var seen = await LookAsync(Page(outcome), width: 390, dark);

        Assert.True(
            seen["scrollWidth"] <= seen["innerWidth"],
            $"{seen["scrollWidth"]} px wide on {seen["innerWidth"]} px"
        );
        Assert.True(seen["steps"] > 0, "no step is shown");
        Assert.True(seen["bars"] > 0, "the timeline has no bar");
        Assert.True(seen["latency"] > 0, "the latency is not drawn");
        Assert.Equal(0, seen["outside"]);
        // WCAG 2: text needs 4.5 times the luminance of what is behind it.
        Assert.True(seen["contrast"] >= 4.5, $"contrast {seen["contrast"]}");
        Assert.Equal(dark ? 1 : 0, seen["isDark"]);
    }

    [Fact]
    public async Task It_can_be_printed()
    {
        var pdf = Path.Combine(_folder.FullName, "report.pdf");

        await ChromiumAsync($"--print-to-pdf={pdf}", "file://" + Page("failed"));

        Assert.True(new FileInfo(pdf).Length > 5000, "the print is empty");
    }

    [Fact]
    public void The_hours_between_an_interruption_and_its_resumption_do_not_fill_the_picture()
    {
        var record = Example("resumed");
        var axis = new TimeAxis(record);

        var (killed, resumed) = (record.Started.AddSeconds(110), record.Started.AddHours(3));
        Assert.Equal([(killed, resumed)], axis.Breaks);
        Assert.Equal(170, axis.Seconds);
        Assert.Equal(0, axis.At(record.Started));
        Assert.InRange(axis.At(killed), 0.6, 0.65);
        Assert.InRange(axis.At(resumed), 0.65, 0.68);
        Assert.Equal(1, axis.At(resumed.AddSeconds(60)));
        Assert.Contains(
            "Nobody worked on it from 12:01:50 to 15:00:00 UTC (2 h 58 min)",
            ReportPage.Of(record),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void What_a_server_says_does_not_become_markup()
    {
        var record = Example("failed");
        record.Steps[^1].Result = StepResult.Failed("<script>alert(1)</script>", "<b>", new Evidence("<i>", "`|"));

        Assert.DoesNotContain("<script>alert", ReportPage.Of(record), StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert", ReportMarkdown.Of(record), StringComparison.Ordinal);
    }

    private string Page(string outcome)
    {
        var file = Path.Combine(_folder.FullName, outcome + ".html");
        File.WriteAllText(file, ReportPage.Of(Example(outcome)));
        return file;
    }

    private async Task<Dictionary<string, double>> LookAsync(string page, int width, bool dark)
    {
        const string look = """
            <script>
            addEventListener('load', () => {
              const luminance = color => {
                const [r, g, b] = color.match(/[\d.]+/g).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const page = luminance(getComputedStyle(document.body).backgroundColor);
              const contrasts = [...document.querySelectorAll('h1, h2, dt, dd, p, summary span, td, .axis, .lane-name')].map(e => {
                const text = luminance(getComputedStyle(e).color);
                let behind = e;
                while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
                const back = luminance(getComputedStyle(behind).backgroundColor);
                return (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
              });
              const seen = {
                scrollWidth: document.documentElement.scrollWidth,
                innerWidth: innerWidth,
                steps: document.querySelectorAll('.steps > details').length,
                bars: [...document.querySelectorAll('.lane i')].filter(e => e.getBoundingClientRect().width >= 3).length,
                latency: document.querySelectorAll('svg rect').length,
                outside: [...document.querySelectorAll('p, dd, pre, .badge')].filter(e => e.getBoundingClientRect().right > innerWidth).length,
                contrast: Math.min(...contrasts),
                isDark: page < 0.2 ? 1 : 0,
              };
              document.body.innerHTML = '<pre id="seen">' + Object.entries(seen).map(([k, v]) => k + '=' + v).join(' ') + '</pre>';
            });
            </script>
            """;
        var looked = Path.Combine(_folder.FullName, "looked.html");
        await File.WriteAllTextAsync(looked, await File.ReadAllTextAsync(page) + look);
        var dom = await ChromiumAsync(
            "--dump-dom",
            $"--window-size={width},2000",
            $"--blink-settings=preferredColorScheme={(dark ? 0 : 1)}",
            "file://" + looked
        );
        var values = SeenValues().Match(dom);
        Assert.True(values.Success, dom);
        return values
            .Groups[1]
            .Value.Split(' ')
            .Select(pair => pair.Split('='))
            .ToDictionary(
                pair => pair[0],
                pair => double.Parse(pair[1], System.Globalization.CultureInfo.InvariantCulture)
            );
    }

    private async Task<string> ChromiumAsync(params string[] arguments)
    {
        var program = (
            (string[])["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        ).FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null && Environment.GetEnvironmentVariable("CI") is null, "no Chromium here");
        Assert.True(program is not null, "CI needs a Chromium: the page must be looked at");
        var result = await Cli.Wrap(program)
            .WithArguments([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                $"--user-data-dir={Path.Combine(_folder.FullName, "profile")}",
                .. arguments,
            ])
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);
        Assert.True(result.ExitCode == 0, result.StandardError);
        return result.StandardOutput;
    }

    private static ReleaseRecord Example(string outcome)
    {
        var start = new DateTimeOffset(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
        var failed = outcome == "failed";
        var record = new ReleaseRecord
        {
            Id = "20260102-120000-1a2b3c4d",
            Database = "db.example.com:5432/app as owner",
            Bundle = "artifacts/efbundle",
            BundleDigest = new string('a', 64),
            Started = start,
            Finished = start.AddMinutes(3),
            ServerVersion = "17.2",
            Before = "20260101000000_Before",
            Pending = ["20260102000000_AnIndexWithAVeryLongNameThatHasToBeBrokenSomewhereOnANarrowScreen"],
            Plan = "0123456789abcdef",
            Outcome = failed ? ReleaseOutcome.Failed : ReleaseOutcome.Released,
            State = failed
                ? ["5 migrations are applied, the newest is 20260101000000_Before.", "Still running: process 4711."]
                : [],
            ToGoOn = failed ? "db release --bundle artifacts/efbundle" : null,
            ToGoBack = failed ? "artifacts/efbundle 20260101000000_Before" : null,
        };
        record.Steps.Add(
            Step("backup", "Back up", 0, 60, StepResult.Passed("12.3 GB", new Evidence("folder", new string('b', 120))))
        );
        record.Steps.Add(
            Step(
                "migrate",
                "Migrate",
                60,
                150,
                failed
                    ? StepResult.Failed("It could not get a lock.\nIn the way: process 4711.", "wait until it is gone")
                    : StepResult.Passed("applied")
            )
        );
        record.Events.Add(
            new ReleaseEvent(
                start.AddSeconds(70),
                "migrate",
                ReleaseEventKind.Wait,
                "could not get a lock within 250 ms"
            )
        );
        record.Events.Add(
            new ReleaseEvent(start.AddSeconds(150), "migrate", ReleaseEventKind.Error, new string('c', 300))
        );
        record.Probe.AddRange(
            Enumerable
                .Range(0, 180)
                .Select(i => new ProbeSecond(start.AddSeconds(i), 9, i == 90 ? 2100 : 1.5, i == 91 ? 1 : 0))
        );
        if (outcome == "resumed")
        {
            // The tool was killed 50 s into it: what was last heard is a wait.
            record.Steps[^1].Finished = null;
            record.Steps[^1].Result = new StepResult(StepOutcome.Interrupted, "the tool ended during this step", []);
            record.Events[^1] = record.Events[^1] with { At = start.AddSeconds(110) };
            record.Steps.Add(Step("migrate", "Migrate", 10800, 10860, StepResult.Passed("applied")));
            record.Finished = start.AddSeconds(10860);
        }

        return record;

        StepRecord Step(string id, string title, int from, int to, StepResult result) =>
            new()
            {
                Id = id,
                Title = title,
                Started = start.AddSeconds(from),
                Finished = start.AddSeconds(to),
                Result = result,
            };
    }

    [GeneratedRegex("<pre id=\"seen\">([^<]*)</pre>")]
    private static partial Regex SeenValues();
}
