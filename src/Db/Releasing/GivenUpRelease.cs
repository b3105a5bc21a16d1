using System.Text.Json.Serialization;

namespace Db.Releasing;

/// <summary>A release that was given up after it had applied something: the way back of the next one leads to before it.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Before">The newest migration that was applied before it; null where there was none.</param>
/// <param name="Applied">What it had applied, in order.</param>
/// <param name="Backup">The backup of the moment before it; null where it made none.</param>
internal sealed record GivenUpRelease(string Id, string? Before, IReadOnlyList<string> Applied, string? Backup)
{
    /// <summary>Null where nothing of it is applied.</summary>
    /// <param name="newest">The newest release of the database.</param>
    /// <param name="state">The database.</param>
    public static GivenUpRelease? Of(ReleaseRecord newest, DatabaseState state)
    {
        // One that was refused changed nothing, but may have had one to take back before it.
        var own = newest.Outcome == ReleaseOutcome.Refused ? [] : newest.Pending;
        var earlier = newest.GivenUp;
        var applied = (earlier?.Applied ?? []).Union(own).Where(state.Applied.Contains).ToList();
        var isUnfinished = own.Any(id => state.Unfinished.Any(line => line.StartsWith(id, StringComparison.Ordinal)));
        return applied.Count == 0 && !isUnfinished
            ? null
            : new GivenUpRelease(
                own.Count == 0 && earlier is not null ? earlier.Id : newest.Id,
                newest.Before,
                applied,
                earlier?.Backup ?? newest.Backup
            );
    }

    /// <summary>How much is applied of it.</summary>
    [JsonIgnore]
    public string Counted =>
        Applied.Count switch
        {
            0 => "a part of a migration",
            1 => $"1 migration ({Applied[0]})",
            _ => $"{Applied.Count} migrations ({string.Join(", ", Applied)})",
        };

    [JsonIgnore]
    public string BackupText => Backup is null ? "it made no backup" : $"its backup: {Backup}";
}
