using LocalPostgres.Choosing;
using LocalPostgres.Docker;
using Xunit.Sdk;

namespace LocalPostgres.Tests;

/// <summary>A Docker engine with the image; without one the test is skipped, and says why.</summary>
internal static class RequiredEngine
{
    public static async Task<DockerEngine> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            var engine = await DockerEngine.AskAsync(Machine.Current, cancellationToken);
            await engine.NeedImageAsync("postgres:15-alpine", null, cancellationToken);
            return engine;
        }
        catch (UnavailableException reason)
        {
            throw SkipException.ForSkip($"Docker: {reason.Message}");
        }
    }
}
