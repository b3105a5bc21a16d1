using System.Diagnostics;
using System.Text.Json;

namespace LocalPostgres.Clusters;

/// <summary>
/// Lies in the directory of each throw-away server: who made it. What has no mark is not ours, and never touched.
/// </summary>
/// <param name="ProcessId">The process that started the server.</param>
/// <param name="Started">When that process started.</param>
/// <param name="User">The user it ran as.</param>
/// <param name="Account">The account the server runs as.</param>
/// <param name="BinDirectory">The server's programs.</param>
internal sealed record OwnerMark(
    int ProcessId,
    DateTimeOffset Started,
    string User,
    string Account,
    string BinDirectory
)
{
    private const string FileName = "local-postgres.owner.json";

    public static OwnerMark OfThisProcess(ServerAccount account, Installation installation)
    {
        using var process = Process.GetCurrentProcess();
        return new OwnerMark(
            process.Id,
            process.StartTime.ToUniversalTime(),
            Environment.UserName,
            account.Name,
            installation.BinDirectory
        );
    }

    /// <summary>The process that made the server lives.</summary>
    public bool IsAlive => RunningProcess.Is(ProcessId, Started, TimeSpan.FromSeconds(5));

    public void WriteTo(string directory) =>
        File.WriteAllText(Path.Combine(directory, FileName), JsonSerializer.Serialize(this));

    /// <summary>The directory's mark; null where there is none, or none that we may read.</summary>
    public static OwnerMark? ReadFrom(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize<OwnerMark>(File.ReadAllText(Path.Combine(directory, FileName)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
