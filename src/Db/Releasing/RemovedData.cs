using Db.Commands;
using MigrationSafety.Connections;

namespace Db.Releasing;

/// <summary>What a way forward takes away with what is in it: going back makes the column again, and it is empty.</summary>
/// <param name="Migration">The migration that does it; null where that is not known.</param>
/// <param name="What">The object, and the hazard's id: <c>users.phone (drop-column)</c>.</param>
internal sealed record RemovedData(string? Migration, string What)
{
    /// <summary>Where it is kept: the backup that an earlier release made before it; null for that of this release.</summary>
    public string? Backup { get; init; }

    /// <summary>What does not come back, and how to have it again; null where nothing was taken away.</summary>
    /// <param name="record">The release.</param>
    /// <param name="state">The database before anything was taken back.</param>
    /// <param name="database">The database.</param>
    public static string? NotBroughtBack(ReleaseRecord record, DatabaseState state, PostgresConnectionString database)
    {
        var gone = record.Removed.Where(removed => removed.IsGone(state)).ToList();
        return gone.Count == 0
            ? null
            : string.Join(
                " ",
                gone.GroupBy(removed => removed.Backup ?? record.Backup)
                    .Select(kept =>
                        $"What the release itself removed does not come back: {string.Join(", ", kept.Select(removed => removed.What).Distinct())}. "
                        + (
                            kept.Key is { } backup
                                ? $"It is in the backup {backup}; to have it beside the database: {Restore(backup, database)}"
                                : "This release made no backup: look for one of before it: "
                                    + ToolCommand.Of(["backup", "list"])
                        )
                    )
            );
    }

    private bool IsGone(DatabaseState state) =>
        Migration is null
        || state.Applied.Contains(Migration)
        || state.Unfinished.Any(line => line.StartsWith(Migration, StringComparison.Ordinal));

    private static string Restore(string backup, PostgresConnectionString database)
    {
        var beside = database.ToBuilder();
        beside.Database = $"{database.Database}_look";
        return ToolCommand.Of([
            "restore",
            "--from",
            backup,
            "--to",
            ToolCommand.WithoutPassword(PostgresConnectionString.From(beside)),
            "--create-database",
        ]);
    }
}
