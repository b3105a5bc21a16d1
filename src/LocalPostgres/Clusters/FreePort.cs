using System.Net;
using System.Net.Sockets;

namespace LocalPostgres.Clusters;

/// <summary>A port of the loopback address nobody listens at just now. Somebody may a moment later: be ready to ask again.</summary>
internal static class FreePort
{
    public static int Pick()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
