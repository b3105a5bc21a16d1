using Xunit;

namespace MigrationSafety.Tests.Arguments;

public class MigrationSafetyArgumentsTests
{
    private static MigrationSafetyOptions Options(params string[] arguments) =>
        new MigrationSafetyOptionsBuilder(new MigrationSafetyOptions())
            .UseArguments(MigrationSafetyArguments.Parse(arguments))
            .Options;

    [Fact]
    public void None_leave_the_defaults() => Assert.Equal(new MigrationSafetyOptions(), Options());

    [Fact]
    public void Switches_are_set() =>
        Assert.Equal(
            new MigrationSafetyOptions
            {
                CreateDatabase = true,
                AllowOutOfOrder = true,
                AllowDataLoss = true,
                AllowEdited = true,
                Hazards = HazardPolicy.Report,
            },
            Options(
                "--create-database",
                "--allow-out-of-order",
                "--allow-data-loss",
                "--allow-edited",
                "--allow-hazards"
            )
        );

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("2s", 2_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("10min", 600_000)]
    [InlineData("4h", 14_400_000)]
    [InlineData("1d", 86_400_000)]
    public void Durations_carry_their_unit(string text, double milliseconds)
    {
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Options("--lock-timeout", text).LockTimeout);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Options($"--lock-wait={text}").LockWait);
    }

    [Theory]
    [InlineData("--plan", PlanOutput.Text)]
    [InlineData("--plan=text", PlanOutput.Text)]
    [InlineData("--plan=json", PlanOutput.Json)]
    public void A_plan_is_for_people_or_machines(string argument, PlanOutput output) =>
        Assert.Equal(output, Options(argument).Plan);

    [Fact]
    public void The_callers_own_switches_come_back()
    {
        var arguments = MigrationSafetyArguments.Parse(["--sample-data", "--create-database"], "--sample-data");

        Assert.Null(arguments.Problem);
        Assert.Equal(["--sample-data"], arguments.Others);
    }

    [Theory]
    [InlineData(
        "--create-databse",
        "Unknown argument --create-databse. Did you mean --create-database? Known after '--' are: "
    )]
    [InlineData("--sample-dta", "Unknown argument --sample-dta. Did you mean --sample-data? Known after '--' are: ")]
    [InlineData(
        "--zzzzzzzzz",
        "Unknown argument --zzzzzzzzz. Known after '--' are: --allow-data-loss, --allow-edited, --allow-hazards, "
    )]
    [InlineData("--allow-data-loss=yes", "--allow-data-loss takes no value, but was given 'yes'.")]
    [InlineData("--plan=xml", "--plan=xml is unknown; write --plan for people or --plan=json for machines.")]
    [InlineData("--lock-wait", "--lock-wait needs a duration, such as --lock-wait 2s; units are ms, s, min, h or d.")]
    [InlineData(
        "--lock-wait=5",
        "--lock-wait 5: not a duration. Write a number and its unit (ms, s, min, h or d), at most 30 days, such as --lock-wait 2s."
    )]
    [InlineData(
        "--lock-wait=0s",
        "--lock-wait 0s: not a duration. Write a number and its unit (ms, s, min, h or d), at most 30 days, such as --lock-wait 2s."
    )]
    [InlineData(
        "--lock-wait=-1s",
        "--lock-wait -1s: not a duration. Write a number and its unit (ms, s, min, h or d), at most 30 days, such as --lock-wait 2s."
    )]
    [InlineData("--expect-plan", "--expect-plan needs the digest that --plan printed.")]
    [InlineData("--free-disk", "--free-disk needs a size, such as --free-disk 20GB; units are MB, GB, TB.")]
    [InlineData(
        "--free-disk=20",
        "--free-disk 20: not a size. Write a number and its unit (MB, GB, TB), such as --free-disk 20GB."
    )]
    public void A_wrong_argument_is_a_problem_that_says_what_is_right(string argument, string problem) =>
        Assert.StartsWith(
            problem,
            MigrationSafetyArguments.Parse([argument], "--sample-data").Problem,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_value_is_not_taken_from_the_next_argument() =>
        Assert.Equal(
            "--lock-wait needs a duration, such as --lock-wait 2s; units are ms, s, min, h or d.",
            MigrationSafetyArguments.Parse(["--lock-wait", "--create-database"]).Problem
        );
}
