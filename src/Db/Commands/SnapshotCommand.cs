using System.CommandLine;
using Db.Console;
using Db.Databases;
using Db.Linting;
using Db.Shipping;
using MigrationSafety.Schema;

namespace Db.Commands;

/// <summary><c>db snapshot</c>: writes what the migrations make, from a throw-away server, into the files that are committed.</summary>
internal static class SnapshotCommand
{
    private const string RenewedBy = SnapshotHeading.RenewedBy;

    public static Command Create()
    {
        var check = new Option<bool>("--check") { Description = "Write nothing; exit code 1 where a file is stale." };
        var command = new DocumentedCommand(
            "snapshot",
            "Apply all migrations to a throw-away server, and write Data.Migrations/schema.snapshot and docs/schema.md from it.",
            """
            Run it after changing a migration, and commit the files: their diff is what reviewers read.

            Examples:
              db snapshot
              db snapshot --check
            """
        )
        {
            check,
        };
        command.SetAction((parsed, ct) => RunAsync(CommandLine.ReportOf(parsed), parsed.GetValue(check), ct));
        return command;
    }

    private static async Task<int> RunAsync(Report report, bool check, CancellationToken ct)
    {
        var checkout = Checkout.Find();
        var snapshot = await MigratedSchema.ReadAsync(ct);
        var files = new[]
        {
            (Path: checkout.Snapshot, Text: SnapshotHeading.After(Linter.Ids()[^1]) + snapshot.ToText()),
            (Path: checkout.SchemaPage, Text: SchemaDocument.Write(snapshot, "The database's schema", RenewedBy)),
        };

        var stale = new List<string>();
        foreach (var (path, text) in files)
        {
            var name = Path.GetRelativePath(checkout.Directory, path).Replace('\\', '/');
            if (File.Exists(path) && (await File.ReadAllTextAsync(path, ct)).ReplaceLineEndings("\n") == text)
            {
                report.Line($"{name} is up to date.");
                continue;
            }

            stale.Add(name);
            if (check)
            {
                report.Line($"{name} is stale. Renew it with: {RenewedBy}", "red");
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, text, ct);
            report.Line($"{name} was written.");
        }

        report.Json(new { stale, written = check ? [] : stale });
        return check && stale.Count > 0 ? ExitCode.DiffersOrRefused : ExitCode.AsExpected;
    }
}
