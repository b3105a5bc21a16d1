using System.Text.Json;
using LocalPostgres.Choosing;

namespace LocalPostgres.Clusters;

/// <summary>
/// Lies in the directory of each throw-away server: who made it. What has no mark is not ours, and never touched.
/// </summary>
/// <param name="Process">The process that started the server, as a <see cref="ProcessMark"/>.</param>
/// <param name="User">The user it ran as.</param>
/// <param name="Account">The account the server runs as.</param>
/// <param name="BinDirectory">The server's programs.</param>
internal sealed record OwnerMark(string Process, string User, string Account, string BinDirectory)
{
    private const string FileName = "local-postgres.owner";

    public static OwnerMark OfThisProcess(ServerAccount account, Installation installation) =>
        new(ProcessMark.OfThisProcess.ToString(), Environment.UserName, account.Name, installation.BinDirectory);

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
