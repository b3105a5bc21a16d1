using System.CommandLine;
using Db.Backups;

namespace Db.Commands;

/// <summary>The options that the commands about backups share.</summary>
internal static class BackupOption
{
    public static Option<string?> Store(string name = "--to") =>
        new(name, name == "--in" ? ["--backups"] : [])
        {
            Description =
                $"The directory of the backups. Without it: {BackupStore.Variable}, else artifacts/backups of this checkout.",
            HelpName = "directory",
        };

    public static Option<int> Jobs() =>
        new("--jobs", "-j")
        {
            Description = "How many tables at a time; each takes a connection.",
            DefaultValueFactory = _ => BackupOptions.DefaultJobs,
            CustomParser = TypedArgument.WholeNumber(least: 1),
        };

    public static Option<string?> PgBin() =>
        new("--pg-bin")
        {
            Description =
                "The directory of pg_dump and pg_restore. Without it, the nearest version that is not older is looked for "
                + "where packages put them, and in PATH.",
            HelpName = "directory",
        };
}
