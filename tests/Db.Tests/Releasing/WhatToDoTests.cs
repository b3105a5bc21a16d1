using Db.Releasing;
using Db.Releasing.Reports;
using Xunit;

namespace Db.Tests.Releasing;

/// <summary>What the report of a release that did not end well says first: what is the matter, and what to do.</summary>
public sealed class WhatToDoTests
{
    private const string First = "20260102000000_First";
    private const string Second = "20260103000000_Second";

    private const string Verify = "Verify the schema";

    [Theory]
    [InlineData(nameof(ReleaseOutcome.Failed), 0, false, "Failed; nothing was changed")]
    [InlineData(nameof(ReleaseOutcome.Failed), 0, true, "Failed in the midst of a migration")]
    [InlineData(nameof(ReleaseOutcome.Failed), 1, false, "Failed after 1 of 2 migrations was applied")]
    [InlineData(
        nameof(ReleaseOutcome.Failed),
        1,
        true,
        "Failed after 1 of 2 migrations was applied, in the midst of another"
    )]
    [InlineData(nameof(ReleaseOutcome.Failed), 2, false, "Failed after all 2 migrations were applied")]
    [InlineData(nameof(ReleaseOutcome.Interrupted), 0, false, "Interrupted; nothing was changed")]
    public void The_headline_says_what_of_it_was_applied(string outcome, int applied, bool halfDone, string headline)
    {
        var record = Record(Enum.Parse<ReleaseOutcome>(outcome), applied);
        record.HalfDone = halfDone;

        Assert.Equal(headline, ReportWords.Headline(record));
    }

    [Fact]
    public void Where_the_database_could_not_be_asked_the_headline_claims_nothing()
    {
        var record = Record(ReleaseOutcome.Failed, 0);
        record.Applied = null;

        Assert.Equal("Failed; what was changed is not known", ReportWords.Headline(record));
    }

    [Fact]
    public void Each_failed_step_and_its_to_do_come_before_everything_else()
    {
        var record = Failed();

        foreach (var text in (string[])[ReportPage.Of(record), ReportMarkdown.Of(record)])
        {
            var words = text.Replace("&#x2026;", "…", StringComparison.Ordinal);
            var problem = words.IndexOf($"{Verify}: 1 difference", StringComparison.Ordinal);
            var difference = words.IndexOf("extra: index made_by_hand", StringComparison.Ordinal);
            var toDo = words.IndexOf("undo it by hand", StringComparison.Ordinal);
            var state = words.IndexOf("2 migrations are applied", StringComparison.Ordinal);
            var goOn = words.IndexOf("db release --resume", StringComparison.Ordinal);
            int[] order =
            [
                problem,
                difference,
                toDo,
                state,
                goOn,
                words.IndexOf("SHA-256", StringComparison.Ordinal),
                words.IndexOf("Steps", StringComparison.Ordinal),
            ];
            Assert.DoesNotContain(-1, order);
            Assert.Equal(order.Order(), order);
            // Warnings of another step do not stand between.
            Assert.True(words.IndexOf("an old backup", StringComparison.Ordinal) > goOn, words);
        }
    }

    [Fact]
    public void Going_on_and_going_back_come_with_when_to_choose_which()
    {
        var said = ReportMarkdown.Of(Failed());

        Assert.Contains("going on looks again, and fails again at verify", said, StringComparison.Ordinal);
        Assert.Contains("Go back where", said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_backup_and_how_to_restore_it_beside_are_named()
    {
        var record = Failed();
        record.ToRestoreBeside = "db restore --from backups/app --to postgresql://owner@h/app_before --create-database";

        foreach (var text in (string[])[ReportPage.Of(record), ReportMarkdown.Of(record)])
        {
            Assert.Contains("backups/app-1", text, StringComparison.Ordinal);
            Assert.Contains(record.ToRestoreBeside, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_step_that_was_interrupted_is_named_first()
    {
        var record = Record(ReleaseOutcome.Refused, 0);
        record.Steps.Add(Step("preflight", "Preflight", Warning()));
        record.Steps.Add(Step("backup", "Back up", new StepResult(StepOutcome.Interrupted, "ended by Ctrl-C", [])));

        Assert.Equal("Interrupted before the migration; nothing was changed", ReportWords.Headline(record));
        Assert.Equal(["Back up: ended by Ctrl-C"], ReportWords.Failures(record));
    }

    [Fact]
    public void A_list_keeps_its_lines()
    {
        var record = Record(ReleaseOutcome.Refused, 0);
        record.Steps.Add(
            Step(
                "preflight",
                "Preflight",
                StepResult.Failed(
                    "not ready: rehearsed",
                    "mend it",
                    new Evidence("Rehearsed", "fail: two:\n- one\n- two")
                )
            )
        );

        Assert.Contains("white-space: pre-line", ReportPage.Of(record), StringComparison.Ordinal);
        Assert.Contains("<br>- one<br>- two", ReportMarkdown.Of(record), StringComparison.Ordinal);
    }

    private static ReleaseRecord Failed()
    {
        var record = Record(ReleaseOutcome.Failed, 2);
        record.Steps.Add(Step("preflight", "Preflight", Warning()));
        record.Steps.Add(Step("backup", "Back up", StepResult.Passed("1 row", new Evidence("where", "backups/app-1"))));
        record.Steps.Add(Step("migrate", "Migrate", StepResult.Passed("applied")));
        record.Steps.Add(
            Step(
                "verify",
                Verify,
                StepResult.Failed(
                    "1 difference from what the migrations make",
                    "undo it by hand",
                    new Evidence("extra: index made_by_hand", "")
                )
            )
        );
        record.State = ["2 migrations are applied, the newest is " + Second];
        (record.ToGoOn, record.ToGoBack) = ("db release --resume", "efbundle 0");
        return record;
    }

    private static StepResult Warning() =>
        new(
            StepOutcome.Warned,
            "ready, with 1 of 9 checks to look at",
            [new Evidence("Backup", "warn: an old backup")]
        );

    private static StepRecord Step(string id, string title, StepResult result) =>
        new()
        {
            Id = id,
            Title = title,
            Started = DateTimeOffset.UnixEpoch,
            Result = result,
        };

    private static ReleaseRecord Record(ReleaseOutcome outcome, int applied) =>
        new()
        {
            Id = "1",
            Database = "h/app",
            Bundle = "efbundle",
            BundleDigest = new string('a', 64),
            Started = DateTimeOffset.UnixEpoch,
            Pending = [First, Second],
            Applied = [.. new[] { First, Second }.Take(applied)],
            Outcome = outcome,
        };
}
