using System.Net.Sockets;
using System.Text.Json;
using LocalPostgres.Choosing;

namespace LocalPostgres.Docker;

/// <summary>
/// An engine turns away a client whose API is newer than its own ("client version 1.52 is too new"), and Testcontainers
/// takes that for no engine at all. Debian 12's engine is such a one.
/// </summary>
internal static class EngineApi
{
    private const string Variable = "DOCKER_API_VERSION";

    // Of Docker 25, January 2024; what is older is told which version to speak.
    private static readonly Version SpokenByDefault = new(1, 44);

    /// <summary>
    /// Asks a local engine for its version, and has this process speak it where it is an old one. To be called before
    /// anything of Testcontainers is touched, which reads the variable once.
    /// </summary>
    public static async Task MatchAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (machine[Variable] is not null || Socket(machine) is not { } socket)
            return;
        try
        {
            if (await AskAsync(socket, cancellationToken) is { } version && version < SpokenByDefault)
                Environment.SetEnvironmentVariable(Variable, version.ToString());
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or JsonException)
        {
            // Nobody there, or nobody who understands: Testcontainers looks in more places, and has the last word.
        }
    }

    private static string? Socket(Machine machine)
    {
        const string scheme = "unix://";
        var path =
            machine["DOCKER_HOST"] is not { } host ? "/var/run/docker.sock"
            : host.StartsWith(scheme, StringComparison.Ordinal) ? host[scheme.Length..]
            : null;
        return File.Exists(path) ? path : null;
    }

    private static async Task<Version?> AskAsync(string path, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler();
        handler.ConnectCallback = async (_, token) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        };
        using var client = new HttpClient(handler);
        using var answer = JsonDocument.Parse(await client.GetStringAsync("http://docker/version", cancellationToken));
        return
            answer.RootElement.TryGetProperty("ApiVersion", out var text)
            && Version.TryParse(text.GetString(), out var version)
            ? version
            : null;
    }
}
