using System.CommandLine;
using System.Globalization;
using Benchmarks.Measuring;
using CliWrap;
using CliWrap.Buffered;
using LocalPostgres;

namespace Benchmarks.Bundle;

/// <summary>The bundle from an empty database and with nothing to do, against psql running the same SQL.</summary>
internal static class BundleCommand
{
    public static System.CommandLine.Command Create()
    {
        var bundle = new Option<FileInfo>("--bundle")
        {
            Description = "A bundle that was built before; without it one is built, which is not measured.",
        };
        var rounds = new Option<int>("--rounds")
        {
            Description = "How often each is run.",
            DefaultValueFactory = _ => 10,
        };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
        var command = new System.CommandLine.Command("bundle", "Everything applied by the bundle, and by psql.")
        {
            bundle,
            rounds,
            json,
        };
        command.SetAction(
            (parsed, ct) => RunAsync(parsed.GetValue(bundle), parsed.GetValue(rounds), parsed.GetValue(json), ct)
        );
        return command;
    }

    private static async Task<int> RunAsync(FileInfo? built, int rounds, bool json, CancellationToken ct)
    {
        var directory = Directory.CreateTempSubdirectory("benchmark-bundle-");
        try
        {
            var bundle = built?.FullName ?? await BuildAsync(directory, ct);
            var script = Path.Combine(directory.FullName, "migrations.sql");
            var idempotent = Path.Combine(directory.FullName, "idempotent.sql");
            await DotnetEfAsync(["migrations", "script", "-o", script], ct);
            await DotnetEfAsync(["migrations", "script", "--idempotent", "-o", idempotent], ct);

            await using var server = await ThrowAwayServer.StartAsync(
                new ThrowAwayServerOptions { Durable = true },
                ct
            );
            var psql = Path.Combine(
                server.BinDirectory ?? throw new InvalidOperationException("This server comes without psql."),
                "psql"
            );
            var (byBundle, byPsql) = (new Samples("bundle"), new Samples("psql"));
            var (nothingByBundle, nothingByPsql) = (new Samples("bundle"), new Samples("psql, idempotent script"));
            // The first round makes the roles, which belong to the server.
            for (var round = -1; round < rounds; round++)
            {
                await using var one = await server.CreateDatabaseAsync(ct);
                await using var other = await server.CreateDatabaseAsync(ct);
                var first = await RunBundleAsync(bundle, one.ConnectionUri, ct);
                var second = await RunPsqlAsync(psql, script, other.ConnectionUri, ct);
                var third = await RunBundleAsync(bundle, one.ConnectionUri, ct);
                var fourth = await RunPsqlAsync(psql, idempotent, other.ConnectionUri, ct);
                if (round < 0)
                {
                    continue;
                }

                byBundle.Add(first);
                byPsql.Add(second);
                nothingByBundle.Add(third);
                nothingByPsql.Add(fourth);
            }

            return new Results(
                server.Description,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Whole processes, {rounds} rounds interleaved, medians, fsync on; bundle of {new FileInfo(bundle).Length / 1e6:0} MB."
                ),
                [
                    Row.Of("every migration on an empty database", byBundle, byPsql),
                    Row.Of("nothing to do", nothingByBundle, nothingByPsql),
                ]
            ).Print(json);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task<string> BuildAsync(DirectoryInfo directory, CancellationToken ct)
    {
        Console.Error.WriteLine("Building the bundle …");
        var bundle = Path.Combine(directory.FullName, "efbundle");
        await DotnetEfAsync(["migrations", "bundle", "-o", bundle], ct);
        return bundle;
    }

    private static Task DotnetEfAsync(string[] arguments, CancellationToken ct) =>
        Cli.Wrap("dotnet")
            .WithArguments(["ef", .. arguments, "--project", "Data.Migrations"])
            .WithWorkingDirectory(Checkout.Root)
            .ExecuteBufferedAsync(ct);

    private static async Task<TimeSpan> RunBundleAsync(string bundle, string url, CancellationToken ct) =>
        (
            await Cli.Wrap(bundle)
                .WithEnvironmentVariables(set => set.Set("MIGRATE_DATABASE_URL", url))
                .ExecuteBufferedAsync(ct)
        ).RunTime;

    private static async Task<TimeSpan> RunPsqlAsync(string psql, string script, string url, CancellationToken ct) =>
        (
            await Cli.Wrap(psql)
                .WithArguments(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", script, url])
                .ExecuteBufferedAsync(ct)
        ).RunTime;
}
