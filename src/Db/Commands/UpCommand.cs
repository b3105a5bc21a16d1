using System.CommandLine;
using Data.Migrations;
using Data.Migrations.Samples;
using Db.Console;
using Db.Databases;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using MigrationSafety;
using MigrationSafety.Connections;
using MigrationSafety.Schema;

namespace Db.Commands;

/// <summary><c>db up</c>: from nothing to a verified development database. Run twice it is harmless.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var command = new DocumentedCommand(
            "up",
            "Start this checkout's development server, migrate it, add sample data, verify it.",
            """
            The server is Docker's where an engine answers, else PostgreSQL's own programs, else npm's embedded
            package; LOCAL_POSTGRES=docker|binaries|npm and LOCAL_POSTGRES_VERSION=15|16|17|18 choose. It stays until
            'db down', and running 'up' again is harmless. DATABASE_URL and its like are never touched by this command.

            Examples:
              db up
              psql "$(db up --json | jq -r .connectionString)"
            """
        );
        command.SetAction((parsed, ct) => RunAsync(CommandLine.ReportOf(parsed), ct));
        return command;
    }

    private static async Task<int> RunAsync(Report report, CancellationToken ct)
    {
        var checkout = Checkout.Find();
        if (SampleData.RefusedBy(Environment.GetEnvironmentVariable) is { } refused)
        {
            throw new RefusedException(refused.ToString());
        }

        NoteOtherDatabases(report);
        var expected = ExpectedSchema.Read();
        var server = await DevelopmentServer.UpAsync(
            new() { Checkout = checkout.Directory },
            new ImmediateProgress(report.Progress),
            ct
        );
        var url = PostgresConnectionString.Parse(server.ConnectionString);
        report.Line($"{server.Description}: {(server.WasStarted ? "started" : "runs")} at port {server.Port}.");

        var pending = await MigrateAsync(url, report, ct);
        var secrets = await AddSampleDataAsync(url, report, ct);
        var differences = expected.Compare(await SchemaSnapshot.ReadAsync(url.KeyValue, ExpectedSchema.Scope, ct));
        ShowOutcome(report, url, differences);
        report.Json(
            new
            {
                server = server.Description,
                connectionString = url.ToUri(),
                applied = pending,
                sampleData = secrets,
                differences,
            }
        );
        return differences.Count == 0 ? ExitCode.AsExpected : ExitCode.DiffersOrRefused;
    }

    private static void NoteOtherDatabases(Report report)
    {
        foreach (var name in new[] { DatabaseUrl.MigrateVariable, DatabaseUrl.ApplicationVariable })
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 })
            {
                report.Progress($"{name} is set; 'up' works on the development server and leaves that database alone.");
            }
        }
    }

    private static async Task<IReadOnlyList<string>> MigrateAsync(
        PostgresConnectionString url,
        Report report,
        CancellationToken ct
    )
    {
        await using var context = DesignTimeFactory.CreateFor(url.KeyValue);
        IReadOnlyList<string> pending;
        await using (var connection = await url.OpenAsync(ct))
        {
            pending = (await Migrations.ReadAsync(connection, ct)).Pending;
        }

        await context.Database.MigrateAsync(ct);
        report.Line(
            pending.Count == 0 ? "Migrations: all were applied." : $"Migrations: {string.Join(", ", pending)} applied."
        );
        return pending;
    }

    private static async Task<IReadOnlyList<string>> AddSampleDataAsync(
        PostgresConnectionString url,
        Report report,
        CancellationToken ct
    )
    {
        var lines = new List<string>();
        await using var context = DesignTimeFactory.CreateFor(url.KeyValue);
        try
        {
            await SampleData.EnsureAsync(context, Say, ct);
        }
        catch (MigrationRefusedException)
        {
            // The server is this checkout's own, so whoever signed up there is its developer: no reason to fail.
            Say("Sample data: not added, since this database has users of its own.");
        }

        return lines;

        void Say(string line)
        {
            lines.Add(line);
            report.Line(line);
        }
    }

    private static void ShowOutcome(
        Report report,
        PostgresConnectionString url,
        IReadOnlyList<SchemaDifference> differences
    )
    {
        if (differences.Count > 0)
        {
            DifferenceTable.Show(report, differences);
            report.Line(
                "The schema is not what the migrations make: it was changed by hand, or by another branch. "
                    + "To begin anew: dotnet run --project src/Db -- down --destroy, then up."
            );
        }
        else
        {
            report.Line("Schema: as the migrations make it.", "green");
        }

        report.Line();
        report.Line(url.ToUri(), "bold");
        report.Line();
        report.Line("What next:");
        report.Line($"  look around            psql '{url.ToUri()}'");
        report.Line($"  run the application    DATABASE_URL='{url.ToUri()}'");
        report.Line(
            "  change the schema      dotnet ef migrations add <Name> --project Data.Migrations, then this command again"
        );
        report.Line("  stop the server        dotnet run --project src/Db -- down");
    }

    // Progress<T> posts to a pool thread, and its last line may come after the result.
    private sealed class ImmediateProgress(Action<string> report) : IProgress<string>
    {
        public void Report(string value) => report(value);
    }
}
