using System.CommandLine;
using Db.Backups;
using Db.Console;
using MigrationSafety.Connections;

namespace Db.Commands;

/// <summary><c>db restore</c>: a backup, to a place that is named on purpose.</summary>
internal static class RestoreCommand
{
    private const string TargetVariable = "RESTORE_DATABASE_URL";

    public static Command Create()
    {
        var from = new Option<string?>("--from")
        {
            Description =
                "The backup: its directory, or its name among the backups. Without it, the newest good one, where all are of one database.",
            HelpName = "backup",
        };
        var to = new Option<string?>("--to")
        {
            Description =
                $"The database to restore to, as a postgresql:// URI or in Npgsql's form. Without it: {TargetVariable}. "
                + "MIGRATE_DATABASE_URL and DATABASE_URL are not looked at. Other users of this machine can see what is typed.",
            HelpName = "url",
        };
        var store = BackupOption.Store("--in");
        var create = new Option<bool>("--create-database") { Description = "Make the database if it does not exist." };
        var over = new Option<bool>("--over-existing-data")
        {
            Description =
                "Put the backup in the place of a database that holds something; it is renamed and kept. Takes --yes-replace too.",
        };
        var replace = new Option<string?>("--yes-replace")
        {
            Description = "The name of the database that is replaced: said twice, it is no slip.",
            HelpName = "database",
        };
        var jobs = BackupOption.Jobs();
        var pgBin = BackupOption.PgBin();
        var command = new DocumentedCommand(
            "restore",
            "Restore a backup to a database that is empty, made for it, or replaced on purpose.",
            """
            The checksums are read first. A database that is made or replaced gets its name only when everything is restored
            and every table's rows are those that were backed up: until then it has another one, and whatever ends the
            restore early, nothing else has changed. A replaced database is not deleted but renamed: drop it yourself when
            you are sure. Roles that the server lacks are made, without login.
            Exit code 1 where it was refused, or where the schema is not the one that was backed up.

            Examples:
              db restore --from app-20261122T120000Z --to postgresql://owner@db.example.com/app_look --create-database
              RESTORE_DATABASE_URL=postgresql://owner@db.example.com/app db restore --over-existing-data --yes-replace app
            """
        )
        {
            from,
            to,
            store,
            create,
            over,
            replace,
            jobs,
            pgBin,
        };
        command.SetAction(
            async (parsed, ct) =>
            {
                var report = CommandLine.ReportOf(parsed);
                var backups = BackupStore.Of(parsed.GetValue(store));
                var backup = parsed.GetValue(from) is { } named ? backups.Find(named) : backups.NewestOfOne("--from");
                var target = Target(parsed.GetValue(to));
                var result = await new RestoreRun(
                    new RestoreOptions
                    {
                        Backup = backup,
                        Target = target,
                        CreateDatabase = parsed.GetValue(create),
                        OverExistingData = parsed.GetValue(over),
                        ReplacedDatabase = parsed.GetValue(replace) ?? Ask(report, target, parsed.GetValue(over)),
                        Jobs = parsed.GetValue(jobs),
                        PgBin = parsed.GetValue(pgBin),
                    },
                    new ReportProgress(report)
                ).RunAsync(ct);
                return Show(report, backup, target, result);
            }
        );
        return command;
    }

    private static PostgresConnectionString Target(string? typed)
    {
        if (typed is not null)
        {
            return PostgresConnectionString.Parse(typed, "--to");
        }

        return Environment.GetEnvironmentVariable(TargetVariable) is { } variable
            ? PostgresConnectionString.Parse(variable, TargetVariable)
            : throw new CouldNotRunException(
                $"No database to restore to is named. Pass --to 'postgresql://user@host:5432/database', or set {TargetVariable}. "
                    + "MIGRATE_DATABASE_URL and DATABASE_URL are not taken: a restore goes only where it is sent."
            );
    }

    private static string? Ask(Report report, PostgresConnectionString target, bool over)
    {
        if (!over || !report.IsTerminal || System.Console.IsInputRedirected)
        {
            return null;
        }

        System.Console.Write(
            $"What {target} holds now is renamed, and the backup takes its place. Type the database's name to go on: "
        );
        return System.Console.ReadLine()?.Trim();
    }

    private static int Show(Report report, Backup backup, PostgresConnectionString target, RestoreResult result)
    {
        BackupCommand.ShowContents(report, result.Contents.Rows, result.Contents.Schema);
        foreach (var note in result.Notes)
        {
            report.Line(note);
        }

        report.Line(
            $"Restored {backup.Name} to {target}: {Sizes.Count(result.Rows)} rows in {result.Tables} tables.",
            result.Contents.AsBackedUp ? "green" : null
        );
        report.Line(
            $"  checksums {Seconds(result.CheckSeconds)}, restore {Seconds(result.RestoreSeconds)}, comparison {Seconds(result.CompareSeconds)}"
        );
        report.Line(
            result.Contents.AsBackedUp
                ? "  Every table's rows and the whole schema are as they were backed up."
                : "  It is not all as it was backed up: see above."
        );
        if (result.KeptAs is { } kept)
        {
            report.Line($"What was there before is kept as database {kept}. When you are sure, as its owner:");
            report.Line($"  DROP DATABASE {SqlName.Quote(kept)};");
            report.Line("To go back to it, with nobody connected, from database postgres:");
            report.Line(
                $"  BEGIN; ALTER DATABASE {SqlName.Quote(target.Database!)} RENAME TO {SqlName.Quote(target.Database + "_restored")}; "
                    + $"ALTER DATABASE {SqlName.Quote(kept)} RENAME TO {SqlName.Quote(target.Database!)}; COMMIT;"
            );
        }

        report.Json(result);
        return result.Contents.AsBackedUp ? ExitCode.AsExpected : ExitCode.DiffersOrRefused;
    }

    private static string Seconds(double seconds) => Sizes.Of(TimeSpan.FromSeconds(seconds));
}
