using System.CommandLine;
using System.Diagnostics;
using Benchmarks.Measuring;
using Microsoft.EntityFrameworkCore;
using MigrationSafety.Hazards;

namespace Benchmarks.Linting;

/// <summary>How long it takes to lint many migrations, against making their SQL alone, which any look at them needs.</summary>
internal static class LintCommand
{
    public static Command Create()
    {
        var rounds = new Option<int>("--rounds")
        {
            Description = "How often each is done, one after the other.",
            DefaultValueFactory = _ => 5,
        };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
        var command = new Command("lint", "1,000 migrations, Up and Down: linted, and only turned into SQL.")
        {
            rounds,
            json,
        };
        command.SetAction(parsed => Run(parsed.GetValue(rounds), parsed.GetValue(json)));
        return command;
    }

    private static int Run(int rounds, bool json)
    {
        var (lint, sql) = (new Samples("lint"), new Samples("SQL alone"));
        var (findings, statements) = (0, 0);
        for (var round = 0; round <= rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            using (var context = new ManyMigrations())
            {
                statements = MigrationScripts.Of(context).Sum(script => script.Commands.Count);
            }

            var alone = watch.Elapsed;
            watch.Restart();
            using (var context = new ManyMigrations())
            {
                findings = new HazardReview().Review(MigrationScripts.Of(context)).Findings.Count;
            }

            // The first round compiles what the others run.
            if (round > 0)
            {
                sql.Add(alone);
                lint.Add(watch.Elapsed);
            }
        }

        return new Results(
            "No server.",
            $"{ManyMigrations.Count:N0} migrations, Up and Down, {statements:N0} commands, {findings:N0} findings; {rounds} rounds, medians.",
            [Row.Of($"{ManyMigrations.Count:N0} migrations", lint, sql)]
        ).Print(json);
    }
}
