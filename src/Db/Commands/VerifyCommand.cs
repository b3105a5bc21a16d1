using System.CommandLine;
using Data.Migrations;
using Db.Console;
using Db.Databases;
using MigrationSafety.Schema;
using Npgsql;

namespace Db.Commands;

/// <summary><c>db verify</c>: is a live database as the migrations made it?</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var connection = ConnectionOption.Create();
        var command = new DocumentedCommand(
            "verify",
            "Compare a live database with Data.Migrations/schema.snapshot, object by object.",
            """
            Compared are tables, columns, constraints, indexes, policies, functions, triggers, views, types, extensions,
            grants, owners and comments. It reads only the catalogs, and changes nothing.
            Exit code 1 where anything is missing, extra or different.

            Examples:
              db verify
              MIGRATE_DATABASE_URL=postgresql://owner@db.example.com/app db verify --json
            """
        )
        {
            connection,
        };
        command.SetAction((parsed, ct) => RunAsync(CommandLine.ReportOf(parsed), parsed.GetValue(connection), ct));
        return command;
    }

    private static async Task<int> RunAsync(Report report, string? typed, CancellationToken ct)
    {
        var database = await NamedDatabase.FindAsync(typed, ct);
        await using var connection = await database.OpenAsync(ct);
        var (expected, differences, kept) = await LiveSchema.CompareAsync(connection, ct);

        DifferenceTable.Show(report, differences);
        var where = $"{database.Connection} (named by {database.Source})";
        if (differences.Count == 0)
        {
            report.Line($"As expected: {expected} objects at {where}.", "green");
        }
        else
        {
            report.Line(
                $"{differences.Count} {(differences.Count == 1 ? "difference" : "differences")} at {where}.",
                "red"
            );
            report.Line(await WhyAsync(connection, ct));
        }

        if (kept.Count > 0)
        {
            report.Line(
                $"{kept.Count} more {(kept.Count == 1 ? "was" : "were")} there when the database was adopted and {(kept.Count == 1 ? "is" : "are")} kept; they do not count. --json lists them."
            );
        }

        report.Json(
            new
            {
                database = database.Connection.ToString(),
                source = database.Source,
                asExpected = differences.Count == 0,
                differences,
                kept,
            }
        );
        return differences.Count == 0 ? ExitCode.AsExpected : ExitCode.DiffersOrRefused;
    }

    private static async Task<string> WhyAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        try
        {
            var migrations = await Migrations.ReadAsync(connection, ct);
            return migrations switch
            {
                { Unknown.Count: > 0 } =>
                    $"The database has migrations that this build does not know: {string.Join(", ", migrations.Unknown)}. "
                        + "Verify it with the build of that release.",
                { Pending.Count: > 0 } =>
                    $"Pending, and so not done yet: {string.Join(", ", migrations.Pending)}. What else differs was done by hand, "
                        + "or left behind by the Down of a migration that was taken back: what a Down forgets, undo by hand, and correct it before the next release.",
                _ =>
                    "All migrations are applied: what differs was done by hand. Only where the newest migration makes it so, "
                        + "`db snapshot` was not run after that was added: then the database is right, and the snapshot is stale.",
            };
        }
        catch (CouldNotRunException e)
        {
            return $"Whether migrations are pending is not known: {e.Message}";
        }
    }
}
