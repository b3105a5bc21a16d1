using System.CommandLine;
using Db.Backups;
using Db.Console;
using Db.Rehearsing;
using MigrationSafety.Connections;

namespace Db.Commands;

/// <summary><c>db rehearse</c>: the release, on a restored copy of production's backup.</summary>
internal static class RehearseCommand
{
    public static Command Create()
    {
        var bundle = new Option<string>("--bundle")
        {
            Description = "The bundle that will be released.",
            DefaultValueFactory = _ => Path.Combine("artifacts", "efbundle"),
            HelpName = "file",
        };
        var backup = new Option<string?>("--backup")
        {
            Description = "The backup: its directory, or its name among the backups. Without it, the newest good one.",
            HelpName = "backup",
        };
        var store = BackupOption.Store("--in");
        var output = new Option<string?>("--out")
        {
            Description = $"Where the result is written; artifacts/{RehearsalResult.FileName} without it.",
            HelpName = "file",
        };
        var noRollback = new Option<bool>("--no-rollback")
        {
            Description = "Do not go back to before the release and forward again.",
        };
        var noPrevious = new Option<bool>("--no-n-1")
        {
            Description = "Do not run the previous release's model against the new schema.",
        };
        var fast = new Option<bool>("--fast")
        {
            Description =
                "A scratch server in memory that does not wait for its disk: quicker, and its durations predict nothing.",
        };
        var jobs = BackupOption.Jobs();
        var pgBin = BackupOption.PgBin();
        var rails = new Argument<string[]>(CommandLine.RailsArguments)
        {
            Description = "What stands after -- goes to the bundle's rails, as it will in the release.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new DocumentedCommand(
            "rehearse",
            "Run the bundle on a restored copy of production's backup: durations, locks, sizes, the way back.",
            $"""
            The backup is restored into a throw-away server of the same major version, or the next newer one; the bundle is
            run there as a process, as the role that made the backup; each migration's duration and locks are measured, the
            schema is compared with the expected one, the release before is tried on it, then the bundle goes back to the
            migration before and forward again.
            The result is written to artifacts/{RehearsalResult.FileName}, with the bundle's SHA-256 and the plan's digest: a
            release of another file is not rehearsed. Production is not touched, whatever the environment names.
            Exit code 1 where the release would fail; 2 where it could not be rehearsed.

            Examples:
              db rehearse --bundle artifacts/efbundle
              db rehearse --bundle artifacts/efbundle --backup app-20261122T120000Z --json
            """
        )
        {
            bundle,
            backup,
            store,
            output,
            noRollback,
            noPrevious,
            fast,
            jobs,
            pgBin,
            rails,
        };
        command.SetAction(
            async (parsed, ct) =>
            {
                var report = CommandLine.ReportOf(parsed);
                var backups = BackupStore.Of(parsed.GetValue(store));
                var rehearsed = parsed.GetValue(backup) is { } named ? backups.Find(named) : Newest(backups);
                var result = await new Rehearsal(
                    new RehearsalOptions
                    {
                        Bundle = parsed.GetValue(bundle)!,
                        Backup = rehearsed,
                        Rollback = !parsed.GetValue(noRollback),
                        PreviousRelease = !parsed.GetValue(noPrevious),
                        RailsArguments = parsed.GetValue(rails) ?? [],
                        Scratch = new ScratchOptions
                        {
                            Durable = !parsed.GetValue(fast),
                            Jobs = parsed.GetValue(jobs),
                            PgBin = parsed.GetValue(pgBin),
                        },
                    },
                    new ReportProgress(report)
                ).RunAsync(ct);
                var path = Path.GetFullPath(parsed.GetValue(output) ?? RehearsalResult.DefaultFile());
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                OwnerOnly.WriteFile(path, BackupJson.Write(result));
                RehearsalText.Show(report, result, path);
                report.Json(result);
                return result.Passed ? ExitCode.AsExpected : ExitCode.DiffersOrRefused;
            }
        );
        return command;
    }

    // The environment says which database is released; without a word of it, the store may hold one database only.
    private static Backup Newest(BackupStore store)
    {
        if (DatabaseUrl.FromEnvironment() is { } named)
        {
            return store.Newest(manifest =>
                    manifest.Server == named.Connection.Server && manifest.Database == named.Connection.Database
                )
                ?? throw new CouldNotRunException(
                    $"There is no good backup of {named.Connection} (named by {named.Source}) in {store.Directory}. "
                        + $"Make one: {store.ToMake}; or name one: --backup DIRECTORY"
                );
        }

        return store.NewestOfOne("--backup");
    }
}
