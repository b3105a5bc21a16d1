using System.Globalization;
using Npgsql;

namespace MigrationSafety.Connections;

/// <summary>
/// One parameter of a <c>postgresql://</c> URI and what it means to Npgsql. libpq's names are those of PostgreSQL 18's
/// documentation, section "Parameter Key Words"; the others are written by Prisma, Supabase and Vercel for their own
/// drivers and are understood so that a copied URI works as it is.
/// </summary>
/// <param name="Name">The name in the URI.</param>
/// <param name="Apply">Sets the value, or returns what is wrong with it: a clause that follows the parameter's name.</param>
/// <param name="Secret">True where the value must never be shown.</param>
/// <param name="MayBeEmpty">True where libpq itself gives the empty value a meaning.</param>
internal sealed record LibpqParameter(
    string Name,
    Func<NpgsqlConnectionStringBuilder, string, string?> Apply,
    bool Secret = false,
    bool MayBeEmpty = false
)
{
    // Before _known: static fields are initialised in the order of the text.
    private static readonly Dictionary<string, SslMode> _sslModes = new()
    {
        ["disable"] = SslMode.Disable,
        ["allow"] = SslMode.Allow,
        ["prefer"] = SslMode.Prefer,
        ["require"] = SslMode.Require,
        ["verify-ca"] = SslMode.VerifyCA,
        ["verify-full"] = SslMode.VerifyFull,
    };

    private static readonly Dictionary<string, LibpqParameter> _known = All().ToDictionary(p => p.Name);

    /// <summary>Every name that a URI may carry and that has an effect here.</summary>
    public static IEnumerable<string> Names => _known.Keys;

    public static LibpqParameter? Find(string name) => _known.GetValueOrDefault(name);

    private static IEnumerable<LibpqParameter> All() =>
        [
            Text("dbname", (b, v) => b.Database = v),
            Text("user", (b, v) => b.Username = v),
            new("password", Set((b, v) => b.Password = v), Secret: true),
            Text("passfile", (b, v) => b.Passfile = v),
            Text("application_name", (b, v) => b.ApplicationName = v),
            new(
                "fallback_application_name",
                Set((b, v) => b.ApplicationName = string.IsNullOrEmpty(b.ApplicationName) ? v : b.ApplicationName)
            ),
            // "auto" asks libpq for the locale's encoding; Npgsql always speaks UTF-8.
            Text("client_encoding", (b, v) => b.ClientEncoding = v == "auto" ? null : v),
            Text("options", (b, v) => b.Options = v),
            Number("connect_timeout", "seconds", 0, 1024, (b, v) => b.Timeout = v),
            Number("keepalives", "1 or 0", 0, 1, (b, v) => b.TcpKeepAlive = v == 1),
            Number("keepalives_idle", "seconds", 0, int.MaxValue, (b, v) => b.TcpKeepAliveTime = v),
            Number("keepalives_interval", "seconds", 0, int.MaxValue, (b, v) => b.TcpKeepAliveInterval = v),
            Choice<SslMode>("sslmode", _sslModes, (b, v) => b.SslMode = v),
            // libpq reads ssl=true, which JDBC's URIs carry, as sslmode=require.
            Choice<SslMode>("ssl", new() { ["true"] = SslMode.Require }, (b, v) => b.SslMode = v),
            Choice<SslNegotiation>(
                "sslnegotiation",
                new() { ["postgres"] = SslNegotiation.Postgres, ["direct"] = SslNegotiation.Direct },
                (b, v) => b.SslNegotiation = v
            ),
            new("sslrootcert", SetRootCertificate),
            Text("sslcert", (b, v) => b.SslCertificate = v),
            Text("sslkey", (b, v) => b.SslKey = v),
            new("sslpassword", Set((b, v) => b.SslPassword = v), Secret: true),
            Choice<ChannelBinding>(
                "channel_binding",
                new()
                {
                    ["disable"] = ChannelBinding.Disable,
                    ["prefer"] = ChannelBinding.Prefer,
                    ["require"] = ChannelBinding.Require,
                },
                (b, v) => b.ChannelBinding = v
            ),
            Choice<GssEncryptionMode>(
                "gssencmode",
                new()
                {
                    ["disable"] = GssEncryptionMode.Disable,
                    ["prefer"] = GssEncryptionMode.Prefer,
                    ["require"] = GssEncryptionMode.Require,
                },
                (b, v) => b.GssEncryptionMode = v
            ),
            Text("krbsrvname", (b, v) => b.KerberosServiceName = v),
            new("require_auth", SetRequiredAuthentication),
            Choice<string>(
                "target_session_attrs",
                new()
                {
                    ["any"] = "any",
                    ["read-write"] = "read-write",
                    ["read-only"] = "read-only",
                    ["primary"] = "primary",
                    ["standby"] = "standby",
                    ["prefer-standby"] = "prefer-standby",
                },
                (b, v) => b.TargetSessionAttributes = v
            ),
            Choice<bool>(
                "load_balance_hosts",
                new() { ["disable"] = false, ["random"] = true },
                (b, v) => b.LoadBalanceHosts = v
            ),
            // Prisma's: the schema that unqualified names mean, and the size of the client's own pool.
            Text("schema", (b, v) => b.SearchPath = v),
            Number("connection_limit", "connections", 1, int.MaxValue, (b, v) => b.MaxPoolSize = v),
            // libpq's tuning that Npgsql has no counterpart for, and what pooled URIs carry for other drivers: none of
            // it changes which server is reached or how safely, so a copied URI is taken as it is.
            .. new[]
            {
                "keepalives_count",
                "tcp_user_timeout",
                "sslcompression",
                "sslsni",
                "gsslib",
                "pgbouncer",
                "pool_timeout",
                "pool_mode",
                "socket_timeout",
                "statement_cache_size",
                "supa",
                "workaround",
                "uselibpqcompat",
            }.Select(name => new LibpqParameter(name, (_, _) => null, MayBeEmpty: true)),
            // These decide which server is reached or what is trusted: to pass over them would be a weaker connection
            // than the one asked for.
            Unsupported("hostaddr", "write the address as the host"),
            Unsupported("service", "write the service's host, port, dbname and user into the URI"),
            Unsupported("servicefile", "write the service's host, port, dbname and user into the URI"),
            Unsupported("requirepeer", "connect over TCP with sslmode=verify-full instead"),
            Unsupported("replication", "migrations need an ordinary session"),
            Unsupported("sslcrl", "leave it out, or use the key-value form with \"Check Certificate Revocation=true\""),
            Unsupported(
                "sslcrldir",
                "leave it out, or use the key-value form with \"Check Certificate Revocation=true\""
            ),
            Unsupported("sslcertmode", "leave it out: a certificate is sent when sslcert is given"),
            Unsupported("ssl_min_protocol_version", "set it on the server (ssl_min_protocol_version)"),
            Unsupported("ssl_max_protocol_version", "set it on the server (ssl_max_protocol_version)"),
            Unsupported("gssdelegation", "leave it out"),
            Unsupported("sslaccept", "write sslmode=verify-full or sslmode=require instead"),
            Unsupported("sslidentity", "write sslcert and sslkey instead"),
        ];

    private static Func<NpgsqlConnectionStringBuilder, string, string?> Set(
        Action<NpgsqlConnectionStringBuilder, string> set
    ) =>
        (builder, value) =>
        {
            set(builder, value);
            return null;
        };

    private static LibpqParameter Text(string name, Action<NpgsqlConnectionStringBuilder, string> set) =>
        new(name, Set(set));

    private static LibpqParameter Number(
        string name,
        string unit,
        int least,
        int most,
        Action<NpgsqlConnectionStringBuilder, int> set
    ) =>
        new(
            name,
            (builder, value) =>
            {
                if (
                    !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    || number < least
                    || number > most
                )
                {
                    return $"{ConnectionProblems.ShownValue(value)}must be a whole number from {least} to {most} ({unit})";
                }

                set(builder, number);
                return null;
            }
        );

    private static LibpqParameter Choice<T>(
        string name,
        Dictionary<string, T> values,
        Action<NpgsqlConnectionStringBuilder, T> set
    ) =>
        new(
            name,
            (builder, value) =>
            {
                if (!values.TryGetValue(value, out var meant))
                {
                    return $"{ConnectionProblems.ShownValue(value)}must be one of {string.Join(", ", values.Keys)}";
                }

                set(builder, meant);
                return null;
            }
        );

    private static LibpqParameter Unsupported(string name, string instead) =>
        new(name, (_, _) => $"is not supported by Npgsql; {instead}");

    // libpq: sslrootcert=system trusts the operating system's authorities, makes verify-full the default and refuses
    // anything weaker. Npgsql trusts the same authorities when no file is named.
    private static string? SetRootCertificate(NpgsqlConnectionStringBuilder builder, string value)
    {
        if (value != "system")
        {
            builder.RootCertificate = value;
            return null;
        }

        if (builder.ContainsKeyword("SSL Mode") && builder.SslMode != SslMode.VerifyFull)
        {
            return "\"system\" needs sslmode=verify-full: any weaker mode would trust a certificate anybody can get";
        }

        builder.SslMode = SslMode.VerifyFull;
        return null;
    }

    private static string? SetRequiredAuthentication(NpgsqlConnectionStringBuilder builder, string value)
    {
        var methods = new Dictionary<string, string>
        {
            ["password"] = "Password",
            ["md5"] = "MD5",
            ["gss"] = "GSS",
            ["sspi"] = "SSPI",
            ["scram-sha-256"] = "ScramSHA256",
            ["none"] = "None",
        };
        var translated = new List<string>();
        foreach (var item in value.Split(',', StringSplitOptions.TrimEntries))
        {
            var negated = item.StartsWith('!');
            if (!methods.TryGetValue(negated ? item[1..] : item, out var method))
            {
                return $"must be a list of {string.Join(", ", methods.Keys)}, each with or without a leading !";
            }

            translated.Add(negated ? "!" + method : method);
        }

        if (translated.Any(m => m[0] == '!') && translated.Any(m => m[0] != '!'))
        {
            return "must list methods either all with a leading ! or all without";
        }

        builder.RequireAuth = string.Join(',', translated);
        return null;
    }
}

/// <summary>Tells a keyword that was given from one that has its default.</summary>
internal static class GivenKeyword
{
    // NpgsqlConnectionStringBuilder.ContainsKey is true for every keyword it knows; Keys holds those that were set.
    public static bool ContainsKeyword(this NpgsqlConnectionStringBuilder builder, string keyword) =>
        builder.Keys.Cast<string>().Contains(keyword, StringComparer.OrdinalIgnoreCase);
}
