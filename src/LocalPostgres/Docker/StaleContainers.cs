using System.Diagnostics;
using System.Globalization;
using Docker.DotNet.Models;
using LocalPostgres.Clusters;

namespace LocalPostgres.Docker;

/// <summary>Removes throw-away containers of this machine's processes that have gone without being able to.</summary>
internal static class StaleContainers
{
    /// <summary>The label of our throw-away containers; its value says whose they are.</summary>
    public const string Label = "local-postgres.owner";

    /// <summary>This process: machine, number, start.</summary>
    public static string OwnerMark()
    {
        using var process = Process.GetCurrentProcess();
        var started = new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds();
        return string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}/{process.Id}/{started}");
    }

    public static async Task SweepAsync(DockerEngine engine, CancellationToken cancellationToken)
    {
        var containers = await engine.Client.Containers.ListContainersAsync(
            new ContainersListParameters
            {
                All = true,
                Filters = new Dictionary<string, IDictionary<string, bool>>
                {
                    ["label"] = new Dictionary<string, bool> { [Label] = true },
                },
            },
            cancellationToken
        );
        foreach (var container in containers.Where(container => IsStale(container.Labels[Label])))
            await engine.RemoveAsync(container.ID);
    }

    // Another machine's containers on a shared engine are for that machine to judge.
    private static bool IsStale(string mark) =>
        mark.Split('/') is [var machine, var process, var started]
        && machine == Environment.MachineName
        && int.TryParse(process, CultureInfo.InvariantCulture, out var processId)
        && long.TryParse(started, CultureInfo.InvariantCulture, out var milliseconds)
        && !RunningProcess.Is(
            processId,
            DateTimeOffset.FromUnixTimeMilliseconds(milliseconds),
            TimeSpan.FromSeconds(5)
        );
}
