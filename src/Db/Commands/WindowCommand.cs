using System.CommandLine;
using Db.Console;
using Db.Databases;
using Db.Windows;

namespace Db.Commands;

/// <summary><c>db window</c>: may a release begin now, and does the database have room for one?</summary>
internal static class WindowCommand
{
    public static Command Create()
    {
        var connection = ConnectionOption.Create();
        var folder = ReleaseFolderOption.Create();
        var command = new DocumentedCommand(
            "window",
            "Say whether the release window is open, and measure whether the database's load is low enough.",
            """
            The window and the limits stand in release/release.json; docs/release-window.md says how.
            Exit code 1 where it is closed, or a figure is above its limit.

            Examples:
              db window
              MIGRATE_DATABASE_URL=postgresql://owner@db.example.com/app db window --json
            """
        )
        {
            connection,
            folder,
        };
        command.SetAction(
            (parsed, ct) =>
                RunAsync(CommandLine.ReportOf(parsed), parsed.GetValue(connection), parsed.GetValue(folder), ct)
        );
        return command;
    }

    private static async Task<int> RunAsync(Report report, string? typed, string? folder, CancellationToken ct)
    {
        var release = ReleaseFolder.Find(folder);
        var settings = ReleaseSettings.Read(release.Settings);
        var window = settings.Window?.At(DateTimeOffset.UtcNow);
        var database = await NamedDatabase.FindAsync(typed, ct);
        await using var connection = await database.OpenAsync(ct);
        report.Progress($"Measuring for {MigrationSafety.Arguments.Duration.Text(settings.Load.MeasureFor)} …");
        var load = await Load.MeasureAsync(connection, settings.Load.MeasureFor, ct);
        var figures = settings.Load.Compare(load);

        report.Line(
            $"window: {window?.ToString() ?? $"none in {release.Settings}, so always open"}",
            window is { IsOpen: false } ? "red" : null
        );
        report.Table(
            ["load", "found", "limit", ""],
            figures,
            f => [f.Name, f.Found, f.Limit ?? "none", f.Holds ? "ok" : "too high"],
            f => $"{(f.Holds ? "ok" : "too high")}: {f.Name}: {f.Found}{(f.Limit is null ? "" : $"; limit {f.Limit}")}"
        );
        if (load.NotSeen is not null)
        {
            report.Line(load.NotSeen, "yellow");
        }

        var asExpected = window is not { IsOpen: false } && figures.All(f => f.Holds);
        report.Json(
            new
            {
                database = database.Connection.ToString(),
                source = database.Source,
                asExpected,
                window,
                load,
                figures,
            }
        );
        return asExpected ? ExitCode.AsExpected : ExitCode.DiffersOrRefused;
    }
}
