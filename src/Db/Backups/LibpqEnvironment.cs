using System.Globalization;
using Npgsql;

namespace Db.Backups;

/// <summary>
/// A connection as the variables that libpq's programs read. Nothing of it stands on a command line, which every account
/// of the machine can see.
/// </summary>
internal static class LibpqEnvironment
{
    // Where distributions keep the authorities that .NET trusts by itself; libpq before 16 has to be told.
    private static readonly string[] _systemAuthorities =
    [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];

    /// <param name="settings">The connection.</param>
    /// <param name="host">The one host that a session was opened to, of those that are named.</param>
    /// <param name="port">Its port.</param>
    /// <param name="libpq">The major version of the programs.</param>
    public static IReadOnlyDictionary<string, string?> Of(
        NpgsqlConnectionStringBuilder settings,
        string host,
        int port,
        int libpq
    )
    {
        var variables = new Dictionary<string, string?>
        {
            ["PGHOST"] = host,
            ["PGPORT"] = port.ToString(CultureInfo.InvariantCulture),
            ["PGDATABASE"] = settings.Database,
            // What leads elsewhere, or changes what is written.
            ["PGHOSTADDR"] = null,
            ["PGSERVICE"] = null,
            ["PGSERVICEFILE"] = null,
            ["PGTARGETSESSIONATTRS"] = null,
            ["PGLOADBALANCEHOSTS"] = null,
            ["PGCLIENTENCODING"] = null,
            ["PGDATESTYLE"] = null,
            ["PGTZ"] = null,
            ["PG_COLOR"] = "never",
            // Messages are read by this program.
            ["LC_ALL"] = "C",
            ["LANGUAGE"] = "C",
            ["PGAPPNAME"] = "db",
        };
        Set("PGUSER", settings.Username);
        Set("PGPASSWORD", settings.Password);
        Set("PGPASSFILE", settings.Passfile);
        Set("PGSSLCERT", settings.SslCertificate);
        Set("PGSSLKEY", settings.SslKey);
        Set("PGOPTIONS", settings.Options);
        Set("PGKRBSRVNAME", Given("Kerberos Service Name") ? settings.KerberosServiceName : null);
        Set("PGCHANNELBINDING", Given("Channel Binding") ? Lower(settings.ChannelBinding) : null);
        Set("PGGSSENCMODE", Given("GSS Encryption Mode") ? Lower(settings.GssEncryptionMode) : null);
        Set("PGSSLNEGOTIATION", Given("SSL Negotiation") ? Lower(settings.SslNegotiation) : null);
        Set("PGCONNECT_TIMEOUT", settings.Timeout > 0 ? settings.Timeout.ToString(CultureInfo.InvariantCulture) : null);
        if (Given("SSL Mode"))
        {
            variables["PGSSLMODE"] = settings.SslMode switch
            {
                SslMode.VerifyCA => "verify-ca",
                SslMode.VerifyFull => "verify-full",
                var mode => Lower(mode),
            };
        }

        if (settings.RootCertificate is { Length: > 0 } authority)
        {
            variables["PGSSLROOTCERT"] = authority;
        }
        else if (
            settings.SslMode is SslMode.VerifyCA or SslMode.VerifyFull
            && Environment.GetEnvironmentVariable("PGSSLROOTCERT") is null
        )
        {
            // "system" goes with verify-full alone.
            variables["PGSSLROOTCERT"] =
                libpq >= 16 && settings.SslMode == SslMode.VerifyFull
                    ? "system"
                    : _systemAuthorities.FirstOrDefault(File.Exists);
        }

        return variables;

        void Set(string name, string? value)
        {
            // Npgsql falls back to most of the same variables, so what is not given stays inherited.
            if (!string.IsNullOrEmpty(value))
            {
                variables[name] = value;
            }
        }

        bool Given(string keyword) => settings.Keys.Cast<string>().Contains(keyword, StringComparer.OrdinalIgnoreCase);
    }

    private static string Lower(Enum value) => value.ToString().ToLowerInvariant();
}
