using System.Text.Json;
using System.Text.Json.Serialization;
using Db.Commands;

namespace Db.Watching;

/// <summary>What went on at a database for some time. Saved, it is what a later period is compared with.</summary>
/// <param name="Database">Where, without any secret.</param>
/// <param name="From">From when.</param>
/// <param name="Seconds">For how long.</param>
/// <param name="Commits">Transactions committed.</param>
/// <param name="Rollbacks">Transactions rolled back, those of failed statements among them.</param>
/// <param name="Deadlocks">Deadlocks.</param>
/// <param name="Conflicts">Queries cancelled on a replica.</param>
/// <param name="FatalSessions">Sessions ended by a fatal error.</param>
/// <param name="KilledSessions">Sessions ended by somebody.</param>
/// <param name="MostWaiting">The most sessions that waited for a lock at one moment.</param>
/// <param name="LongestWaitSeconds">The longest wait for a lock that was seen.</param>
/// <param name="LongestQuerySeconds">The longest statement that was seen.</param>
/// <param name="LongestQueryOf">Whose it was.</param>
/// <param name="SlowQueries">How many statements ran for longer than a second, on average over the looks.</param>
/// <param name="ReplicationLagSeconds">The most that a replica was behind; null where there was none to be seen.</param>
/// <param name="InvalidIndexes">Invalid indexes at the end.</param>
/// <param name="StatementMilliseconds">Mean time of a statement by pg_stat_statements; null where that is not installed.</param>
/// <param name="Statements">The statements that took most of the time, by pg_stat_statements.</param>
/// <param name="Looks">How often the server was looked at.</param>
/// <param name="FailedLooks">How often it could not be.</param>
/// <param name="NotSeen">What the role may not see, and what lets it.</param>
internal sealed record WatchedPeriod(
    string Database,
    DateTimeOffset From,
    double Seconds,
    long Commits,
    long Rollbacks,
    long Deadlocks,
    long Conflicts,
    long FatalSessions,
    long KilledSessions,
    long MostWaiting,
    double LongestWaitSeconds,
    double LongestQuerySeconds,
    string? LongestQueryOf,
    double SlowQueries,
    double? ReplicationLagSeconds,
    IReadOnlyList<string> InvalidIndexes,
    double? StatementMilliseconds,
    IReadOnlyList<WatchedStatement> Statements,
    int Looks,
    int FailedLooks,
    string? NotSeen
)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    };

    [JsonIgnore]
    public long Transactions => Commits + Rollbacks;

    /// <summary>Saves it; a file that is there is replaced as a whole.</summary>
    public async Task SaveAsync(string file, CancellationToken ct)
    {
        var beside = $"{file}.{Environment.ProcessId}.tmp";
        try
        {
            await File.WriteAllTextAsync(beside, JsonSerializer.Serialize(this, _json), ct);
            File.Move(beside, file, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }

    /// <exception cref="CouldNotRunException">There is no such file, or it is something else.</exception>
    public static async Task<WatchedPeriod> LoadAsync(string file, CancellationToken ct)
    {
        if (!File.Exists(file))
        {
            throw new CouldNotRunException(
                $"There is no file {file}. Make it before the release: {ToolCommand.OnDatabase(["watch", "--for", "5m", "--save-baseline", file])}"
            );
        }

        try
        {
            return JsonSerializer.Deserialize<WatchedPeriod>(await File.ReadAllTextAsync(file, ct), _json)!;
        }
        catch (JsonException)
        {
            throw new CouldNotRunException(
                $"{file} is not a baseline. Make one before the release: {ToolCommand.OnDatabase(["watch", "--for", "5m", "--save-baseline", file])}"
            );
        }
    }
}

/// <summary>A statement, as pg_stat_statements tells them apart.</summary>
/// <param name="Id">Its id there.</param>
/// <param name="Calls">How often it ran.</param>
/// <param name="Milliseconds">Its mean time.</param>
/// <param name="Text">Its beginning, with its values taken out.</param>
internal sealed record WatchedStatement(long Id, long Calls, double Milliseconds, string Text);
