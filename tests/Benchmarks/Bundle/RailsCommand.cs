using System.CommandLine;
using System.Globalization;
using Benchmarks.Measuring;
using CliWrap;
using CliWrap.Buffered;
using LocalPostgres;

namespace Benchmarks.Bundle;

/// <summary>The same migrations with the rails and without: time, processor time and peak memory of whole processes.</summary>
internal static class RailsCommand
{
    private const double Limit = 1.2;

    public static System.CommandLine.Command Create()
    {
        var counts = new Option<int[]>("--migrations")
        {
            Description = "How many migrations; several numbers are measured one after the other.",
            DefaultValueFactory = _ => [10, 1000],
            AllowMultipleArgumentsPerToken = true,
        };
        var rounds = new Option<int>("--rounds")
        {
            Description = "How often each is run.",
            DefaultValueFactory = _ => 5,
        };
        var programs = new Option<DirectoryInfo?>("--programs")
        {
            Description =
                "A directory that keeps the programs between runs; without it they are built in a temporary one.",
        };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
        var command = new System.CommandLine.Command("rails", "A run with the rails, and EF Core's own.")
        {
            counts,
            rounds,
            programs,
            json,
        };
        command.SetAction(
            (parsed, ct) =>
                RunAsync(
                    parsed.GetValue(counts)!,
                    parsed.GetValue(rounds),
                    parsed.GetValue(programs),
                    parsed.GetValue(json),
                    ct
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        int[] counts,
        int rounds,
        DirectoryInfo? kept,
        bool json,
        CancellationToken ct
    )
    {
        var directory = kept ?? Directory.CreateTempSubdirectory("benchmark-rails-");
        try
        {
            await using var server = await ThrowAwayServer.StartAsync(
                new ThrowAwayServerOptions { Durable = true },
                ct
            );
            var rows = new List<Row>();
            foreach (var count in counts)
            {
                var program = await BuildAsync(directory, count, ct);
                rows.AddRange(await MeasureAsync(server, program, count, rounds, ct));
            }

            return new Results(
                server.Description,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Whole processes, {rounds} rounds interleaved, medians, fsync on."
                ),
                rows
            ).Print(json);
        }
        finally
        {
            if (kept is null)
            {
                directory.Delete(recursive: true);
            }
        }
    }

    private static async Task<string> BuildAsync(DirectoryInfo directory, int count, CancellationToken ct)
    {
        var source = directory.CreateSubdirectory(string.Create(CultureInfo.InvariantCulture, $"{count}-migrations"));
        await GeneratedMigrations.WriteAsync(source, count, ct);
        Console.Error.WriteLine($"Building {count} migrations …");
        var output = Path.Combine(source.FullName, "out");
        await Cli.Wrap("dotnet")
            .WithArguments(["build", "-c", "Release", "-v", "q", "--nologo", "-o", output])
            .WithWorkingDirectory(source.FullName)
            .WithStandardOutputPipe(PipeTarget.ToStream(Console.OpenStandardError()))
            .ExecuteAsync(ct);
        return Path.Combine(output, "Generated");
    }

    private static async Task<IEnumerable<Row>> MeasureAsync(
        ThrowAwayServer server,
        string program,
        int count,
        int rounds,
        CancellationToken ct
    )
    {
        var (railsFromEmpty, plainFromEmpty) = (new ProcessSamples("rails"), new ProcessSamples("plain EF Core"));
        var (railsNothing, plainNothing) = (new ProcessSamples("rails"), new ProcessSamples("plain EF Core"));
        // The first round warms the caches of the server and of the file system.
        for (var round = -1; round < rounds; round++)
        {
            await using var one = await server.CreateDatabaseAsync(ct);
            await using var other = await server.CreateDatabaseAsync(ct);
            var (first, second) = (round % 2 == 0, round % 2 != 0);
            foreach (var rails in new[] { first, second })
            {
                var database = rails ? one : other;
                var fromEmpty = await RunAsync(program, rails, database.ConnectionString, ct);
                // Nothing to do is the short one, so it is run twice.
                var nothing = await RunAsync(program, rails, database.ConnectionString, ct);
                var nothingAgain = await RunAsync(program, rails, database.ConnectionString, ct);
                if (round >= 0)
                {
                    (rails ? railsFromEmpty : plainFromEmpty).Add(fromEmpty);
                    (rails ? railsNothing : plainNothing).Add(nothing);
                    (rails ? railsNothing : plainNothing).Add(nothingAgain);
                }
            }
        }

        var migrations = string.Create(CultureInfo.InvariantCulture, $"{count:N0} migrations");
        return ProcessSamples
            .Rows($"{migrations} from empty", railsFromEmpty, plainFromEmpty, Limit)
            .Concat(ProcessSamples.Rows($"{migrations}, nothing to do", railsNothing, plainNothing, Limit));
    }

    private static async Task<ProcessCost> RunAsync(
        string program,
        bool rails,
        string connectionString,
        CancellationToken ct
    )
    {
        var run = await Cli.Wrap(program)
            .WithArguments([rails ? "rails" : "plain", connectionString + ";Pooling=false"])
            .ExecuteBufferedAsync(ct);
        var numbers = run.StandardOutput.Trim().Split('\n')[^1].Split(' ');
        return new ProcessCost(
            run.RunTime,
            TimeSpan.FromMilliseconds(long.Parse(numbers[1], CultureInfo.InvariantCulture)),
            long.Parse(numbers[0], CultureInfo.InvariantCulture)
        );
    }
}
