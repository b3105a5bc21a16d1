using System.Globalization;
using System.Text;
using Npgsql;

namespace MigrationSafety.Connections;

/// <summary>Writes Npgsql's settings as a URI of libpq's grammar.</summary>
internal static class ConnectionUriFormat
{
    public static string Write(NpgsqlConnectionStringBuilder settings, IReadOnlyList<(string Host, int Port)> hosts)
    {
        var uri = new StringBuilder("postgresql://");
        if (settings.Username is { Length: > 0 } user)
        {
            uri.Append(Uri.EscapeDataString(user));
        }

        if (settings.Password is { Length: > 0 } password)
        {
            uri.Append(':').Append(Uri.EscapeDataString(password));
        }

        if (uri.Length > "postgresql://".Length)
        {
            uri.Append('@');
        }

        uri.AppendJoin(',', hosts.Select(h => $"{Host(h.Host)}:{h.Port.ToString(CultureInfo.InvariantCulture)}"));
        uri.Append('/').Append(Uri.EscapeDataString(settings.Database ?? ""));

        var separator = '?';
        foreach (var (name, value) in Parameters(settings).Where(p => !string.IsNullOrEmpty(p.Value)))
        {
            uri.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value!));
            separator = '&';
        }

        return uri.ToString();
    }

    // A directory stands percent-encoded in the place of the host.
    private static string Host(string host) =>
        host.StartsWith('/') || host.StartsWith('@')
            ? Uri.EscapeDataString(host)
            : PostgresConnectionString.Bracketed(host);

    private static IEnumerable<(string Name, string? Value)> Parameters(NpgsqlConnectionStringBuilder settings)
    {
        yield return ("sslmode", Given("SSL Mode") ? SslModeName(settings.SslMode) : null);
        yield return ("sslnegotiation", Given("SSL Negotiation") ? Lower(settings.SslNegotiation) : null);
        yield return ("sslrootcert", settings.RootCertificate);
        yield return ("sslcert", settings.SslCertificate);
        yield return ("sslkey", settings.SslKey);
        yield return ("sslpassword", settings.SslPassword);
        yield return ("channel_binding", Given("Channel Binding") ? Lower(settings.ChannelBinding) : null);
        yield return ("gssencmode", Given("GSS Encryption Mode") ? Lower(settings.GssEncryptionMode) : null);
        yield return ("krbsrvname", Given("Kerberos Service Name") ? settings.KerberosServiceName : null);
        yield return ("passfile", settings.Passfile);
        yield return ("application_name", settings.ApplicationName);
        yield return ("client_encoding", settings.ClientEncoding);
        yield return ("options", Options(settings));
        yield return ("connect_timeout", Given("Timeout") ? Number(settings.Timeout) : null);
        yield return ("keepalives", Given("TCP Keepalive") ? (settings.TcpKeepAlive ? "1" : "0") : null);
        yield return ("keepalives_idle", settings.TcpKeepAliveTime > 0 ? Number(settings.TcpKeepAliveTime) : null);
        yield return (
            "keepalives_interval",
            settings.TcpKeepAliveInterval > 0 ? Number(settings.TcpKeepAliveInterval) : null
        );
        yield return ("target_session_attrs", SessionAttributes(settings.TargetSessionAttributes));

        bool Given(string keyword) => settings.ContainsKeyword(keyword);
    }

    // What Npgsql sends as start-up parameters of their own, libpq sends as options.
    private static string? Options(NpgsqlConnectionStringBuilder settings)
    {
        var parts = new List<string>();
        if (settings.Options is { Length: > 0 } options)
        {
            parts.Add(options);
        }

        if (settings.SearchPath is { Length: > 0 } path)
        {
            parts.Add($"-c search_path={Escaped(path)}");
        }

        if (settings.Timezone is { Length: > 0 } zone)
        {
            parts.Add($"-c TimeZone={Escaped(zone)}");
        }

        return parts.Count == 0 ? null : string.Join(' ', parts);

        static string Escaped(string value) =>
            value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(" ", "\\ ", StringComparison.Ordinal);
    }

    // libpq has no prefer-primary; a primary is what it would find first.
    private static string? SessionAttributes(string? attributes) => attributes == "prefer-primary" ? "any" : attributes;

    private static string SslModeName(SslMode mode) =>
        mode switch
        {
            SslMode.VerifyCA => "verify-ca",
            SslMode.VerifyFull => "verify-full",
            _ => Lower(mode),
        };

    private static string Lower(Enum value) => value.ToString().ToLowerInvariant();

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
