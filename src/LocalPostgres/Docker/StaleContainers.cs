using Docker.DotNet.Models;
using LocalPostgres.Choosing;

namespace LocalPostgres.Docker;

/// <summary>Removes throw-away containers of this machine's processes that have gone without being able to.</summary>
internal static class StaleContainers
{
    /// <summary>The label of our throw-away containers; its value is a <see cref="ProcessMark"/>.</summary>
    public const string Label = "local-postgres.owner";

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
        foreach (var container in containers)
        {
            if (ProcessMark.Parse(container.Labels[Label]) is { HasGone: true })
                await engine.RemoveAsync(container.ID);
        }
    }
}
