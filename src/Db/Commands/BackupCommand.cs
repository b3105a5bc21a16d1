using System.CommandLine;
using Db.Backups;
using Db.Console;
using Db.Databases;

namespace Db.Commands;

/// <summary><c>db backup</c>: a backup with everything that is needed to trust it; and what becomes of backups later.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var connection = ConnectionOption.Create();
        var to = BackupOption.Store();
        var jobs = BackupOption.Jobs();
        var compress = new Option<string>("--compress")
        {
            Description = "pg_dump's --compress: a level from 0 to 9, or from pg_dump 16 on a method such as zstd:3.",
            DefaultValueFactory = _ => "1",
        };
        var keep = new Option<int>("--keep")
        {
            Description =
                "Of how many days backups are kept: of each day that has one, the newest after each state of the migrations, and "
                + "every one that a release made. Others of this database are removed after this one is whole; the last good "
                + "one never is, and none that a release made less than 24 hours ago.",
            DefaultValueFactory = _ => 7,
            CustomParser = TypedArgument.WholeNumber(least: 1),
        };
        var keepAll = new Option<bool>("--keep-all") { Description = "Remove no older backup." };
        var exclude = new Option<string[]>("--exclude-schema")
        {
            Description = "Leave a schema out, such as one of the hosting provider's own. May be given more than once.",
            HelpName = "name",
        };
        var pgBin = BackupOption.PgBin();
        var command = new DocumentedCommand(
            "backup",
            "Back the database up with pg_dump, with checksums, rows per table and its place in the log.",
            """
            The application is not disturbed: reading and writing go on. All tables, their row counts and the place in the
            log are of one moment. A backup is a directory that only its owner can read; until it is whole its name ends in
            .partial, and what an interrupted one has left is removed by the next. It contains everything but the roles'
            passwords: guard it as you guard the database.
            Exit code 2 where no backup was made.

            Examples:
              db backup
              MIGRATE_DATABASE_URL=postgresql://owner@db.example.com/app db backup --to /var/backups/app
              db backup list
              db backup verify
            """
        )
        {
            connection,
            to,
            jobs,
            compress,
            keep,
            keepAll,
            exclude,
            pgBin,
            CreateList(),
            CreateVerify(),
        };
        command.SetAction(
            async (parsed, ct) =>
            {
                var report = CommandLine.ReportOf(parsed);
                var database = await NamedDatabase.FindAsync(parsed.GetValue(connection), ct);
                var result = await new BackupRun(
                    database,
                    new BackupOptions
                    {
                        Store = BackupStore.Of(parsed.GetValue(to)),
                        Jobs = parsed.GetValue(jobs),
                        Compression = parsed.GetValue(compress)!,
                        Keep = parsed.GetValue(keepAll) ? null : parsed.GetValue(keep),
                        PgBin = parsed.GetValue(pgBin),
                        ExcludedSchemas = parsed.GetValue(exclude) ?? [],
                    },
                    new ReportProgress(report)
                ).RunAsync(ct);
                Show(report, database, result, parsed.GetValue(to));
                return ExitCode.AsExpected;
            }
        );
        return command;
    }

    private static void Show(Report report, NamedDatabase database, BackupResult result, string? store)
    {
        var manifest = result.Manifest;
        report.Line($"Backed up {database.Connection} in {Sizes.Of(manifest.Took)}.", "green");
        report.Line($"  where       {result.Directory}");
        report.Line(
            $"  holds       {Sizes.Count(manifest.Rows)} rows in {manifest.Tables.Count} tables; {Sizes.Of(manifest.Bytes)} in {manifest.Files.Count} files"
        );
        report.Line($"  migration   {manifest.LastMigration ?? "none is applied"}");
        report.Line($"  log         {manifest.Log.Position} at {manifest.Log.Time:yyyy-MM-dd HH:mm:ss.fff} UTC");
        report.Line(
            manifest.Log.RestorePoint is { } point
                ? $"  restore at  {point} (recovery_target_name)"
                : $"  restore at  no named restore point: {manifest.Log.NoRestorePoint}"
        );
        if (!manifest.Log.Archiving)
        {
            report.Line(
                "              This server archives no log: to go back to a point in time takes the hosting provider's archive."
            );
        }

        report.Line($"  digest      {manifest.Digest}");
        foreach (var old in result.RemovedOld)
        {
            report.Line(old.ToString());
        }

        report.Line(
            "Prove that it can be restored: "
                + ToolCommand.Of(["backup", "verify", .. store is null ? Array.Empty<string>() : ["--in", store]])
        );
        report.Json(
            new
            {
                directory = result.Directory,
                database = database.Connection.ToString(),
                result.Manifest,
                bytes = manifest.Bytes,
                rows = manifest.Rows,
                seconds = manifest.Took.TotalSeconds,
                removedOld = result.RemovedOld.Select(old => old.Directory),
                result.RemovedLeftovers,
            }
        );
    }

    private static DocumentedCommand CreateList()
    {
        var from = BackupOption.Store("--in");
        var command = new DocumentedCommand(
            "list",
            "Show the backups, and what interrupted ones have left.",
            """
            Sizes are compared with the manifests; checksums are not read: db backup verify does.
            Exit code 1 where one is damaged.

            Examples:
              db backup list
              db backup list --in /var/backups/app --json
            """
        )
        {
            from,
        };
        command.SetAction(parsed =>
        {
            var store = BackupStore.Of(parsed.GetValue(from));
            return List(CommandLine.ReportOf(parsed), store, store.List());
        });
        return command;
    }

    private static int List(Report report, BackupStore store, BackupList list)
    {
        report.Table(
            ["backup", "database", "rows", "size", "last migration", "restore drill"],
            list.Backups,
            b =>
                [
                    b.Name,
                    $"{b.Manifest.Database} at {b.Manifest.Server}",
                    Sizes.Count(b.Manifest.Rows),
                    Sizes.Of(b.Manifest.Bytes),
                    b.Manifest.LastMigration ?? "none",
                    DrillOf(b),
                ],
            b =>
                $"{b.Directory}: {b.Manifest.Database} at {b.Manifest.Server}, {Sizes.Count(b.Manifest.Rows)} rows, {Sizes.Of(b.Manifest.Bytes)}, "
                + $"last migration {b.Manifest.LastMigration ?? "none"}, restore drill: {DrillOf(b)}"
        );
        foreach (var damaged in list.Damaged)
        {
            report.Line($"damaged: {damaged.Directory}: {damaged.Reason}", "red");
        }

        foreach (var leftover in list.Leftovers)
        {
            report.Line(
                $"not a backup: {leftover.Directory}: "
                    + leftover.State switch
                    {
                        LeftoverState.InProgress => "it is being made.",
                        LeftoverState.OfAnotherMachine =>
                            $"begun on another machine; if nothing writes it there any more: rm -r {leftover.Directory}",
                        _ => "it was interrupted; the next backup removes it.",
                    }
            );
        }

        if (list.Backups.Count == 0)
        {
            report.Line(
                $"There is no {(list.Damaged.Count > 0 ? "whole " : "")}backup in {store.Directory}. Make one: {store.ToMake}"
            );
        }

        report.Json(
            new
            {
                directory = store.Directory,
                backups = list.Backups.Select(b => new
                {
                    b.Name,
                    b.Directory,
                    b.Manifest.Database,
                    b.Manifest.Server,
                    b.Manifest.Started,
                    b.Manifest.Finished,
                    b.Manifest.LastMigration,
                    b.Manifest.Rows,
                    b.Manifest.Bytes,
                    b.Manifest.Digest,
                    drill = b.Drill(),
                }),
                list.Damaged,
                list.Leftovers,
            }
        );
        return list.Damaged.Count == 0 ? ExitCode.AsExpected : ExitCode.DiffersOrRefused;
    }

    private static string DrillOf(Backup backup) =>
        backup.Drill() switch
        {
            null => "none",
            { Passed: true } drill => $"passed {drill.At:yyyy-MM-dd HH:mm}",
            var drill => $"failed {drill.At:yyyy-MM-dd HH:mm}",
        };

    private static DocumentedCommand CreateVerify()
    {
        var backup = new Argument<string?>("backup")
        {
            Description = "Its directory or its name; without it, the newest.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var from = BackupOption.Store("--in");
        var jobs = BackupOption.Jobs();
        var pgBin = BackupOption.PgBin();
        var command = new DocumentedCommand(
            "verify",
            "Prove that a backup can be restored: restore it into a scratch server and compare.",
            """
            Every file's checksum is read; the backup is restored into a throw-away server of the same major version, or the
            next newer one that there is; every table's rows are counted and the schema is compared, object by object. The
            result is written beside the manifest, as drill.json. Nothing else is touched, and the scratch server goes.
            Exit code 1 where the backup failed; 2 where this machine cannot hold the drill.

            Examples:
              db backup verify
              db backup verify artifacts/backups/app-20261122T120000Z --json
            """
        )
        {
            backup,
            from,
            jobs,
            pgBin,
        };
        command.SetAction(
            async (parsed, ct) =>
            {
                var report = CommandLine.ReportOf(parsed);
                var store = BackupStore.Of(parsed.GetValue(from));
                var (found, damage) = parsed.GetValue(backup) is { } named
                    ? Named(store, named)
                    : Newest(report, store);
                if (found is null)
                {
                    return ShowDamage(report, damage!);
                }

                var drill = await RestoreDrill.RunAsync(
                    found,
                    new ScratchOptions { Jobs = parsed.GetValue(jobs), PgBin = parsed.GetValue(pgBin) },
                    new ReportProgress(report),
                    ct
                );
                Show(report, found, drill);
                return drill.Passed ? ExitCode.AsExpected : ExitCode.DiffersOrRefused;
            }
        );
        return command;
    }

    private static (Backup?, DamagedBackup?) Named(BackupStore store, string named)
    {
        var directory = store.Locate(named);
        return Directory.Exists(directory) && !BackupStore.IsPartial(directory) && BackupStore.IsOurs(directory)
            ? Drillable(BackupStore.Look(directory))
            : (store.Find(named), null);
    }

    // A damaged one that is the newest is the one that somebody would take.
    private static (Backup?, DamagedBackup?) Newest(Report report, BackupStore store)
    {
        var (whole, damaged, _) = store.List();
        var newest = damaged.OrderByDescending(d => d.Started).FirstOrDefault();
        if (whole.Count == 0 && newest is null)
        {
            throw new CouldNotRunException(
                $"There is no backup in {store.Directory}. Make one: {store.ToMake}; or name one: {ToolCommand.Of(["backup", "verify", "DIRECTORY"])}"
            );
        }

        var isNewest = newest is not null && (whole is not [var first, ..] || newest.Started > first.Manifest.Started);
        foreach (var other in damaged.Where(d => !isNewest || d != newest))
        {
            report.Line($"damaged: {other.Directory}: {other.Reason}", "red");
        }

        return isNewest ? Drillable((null, newest)) : (whole[0], null);
    }

    // The drill itself finds what is missing or changed, and writes it down.
    private static (Backup?, DamagedBackup?) Drillable((Backup? Backup, DamagedBackup? Damage) found) =>
        (found.Backup ?? found.Damage!.Backup, found.Damage);

    private static int ShowDamage(Report report, DamagedBackup damage)
    {
        report.Line($"{damage.Directory} failed its drill: It is damaged: {damage.Reason}", "red");
        ShowNotToCountOn(report, damage.Directory);
        report.Json(
            new
            {
                backup = Path.GetFileName(damage.Directory),
                passed = false,
                failure = damage.Reason,
            }
        );
        return ExitCode.DiffersOrRefused;
    }

    private static void ShowNotToCountOn(Report report, string directory)
    {
        var store = Backup.Around(directory);
        report.Line($"Do not count on it. Take a new one, and verify that: {store.ToMake} && {store.ToVerify}");
    }

    private static void Show(Report report, Backup backup, DrillResult drill)
    {
        ShowContents(report, drill.RowDifferences, drill.SchemaDifferences);
        foreach (var note in drill.Notes)
        {
            report.Line(note);
        }

        if (drill.Passed)
        {
            report.Line(
                $"{backup.Name} can be restored: {Sizes.Count(drill.Rows)} rows in {drill.Tables} tables and the whole schema are as they were backed up.",
                "green"
            );
            report.Line(
                $"  checksums {Seconds(drill.CheckSeconds)}, restore {Seconds(drill.RestoreSeconds)}, comparison {Seconds(drill.CompareSeconds)}; "
                    + $"into {drill.Server}, which does not wait for its disk"
            );
        }
        else
        {
            report.Line(
                $"{backup.Directory} failed its drill{(drill.Failure is { } why ? $": {why}" : ": what comes out is not what went in.")}",
                "red"
            );
            ShowNotToCountOn(report, backup.Directory);
        }

        report.Json(drill);
    }

    /// <summary>Shows where a restored database differs from its backup.</summary>
    public static void ShowContents(
        Report report,
        IReadOnlyList<RowDifference> rows,
        IReadOnlyList<MigrationSafety.Schema.SchemaDifference> schema
    )
    {
        foreach (var difference in rows)
        {
            report.Line(difference.ToString(), "red");
        }

        if (schema.Count > 0)
        {
            DifferenceTable.Show(report, schema);
        }
    }

    private static string Seconds(double seconds) => Sizes.Of(TimeSpan.FromSeconds(seconds));
}
