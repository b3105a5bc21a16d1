using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;

namespace MigrationSafety.Connections;

/// <summary>
/// Reads a <c>postgresql://</c> URI by libpq's grammar: <c>postgresql://[user[:password]@][host[:port],…][/dbname][?name=value&amp;…]</c>.
/// Stricter than libpq where libpq's reading would reach another server than the one meant: an unescaped separator in a
/// password is refused, not guessed at.
/// </summary>
internal sealed partial class ConnectionUri
{
    private readonly ConnectionProblems _problems;
    private readonly NpgsqlConnectionStringBuilder _builder = new();
    private readonly List<(string Host, string? Port)> _hosts = [];

    private ConnectionUri(ConnectionProblems problems) => _problems = problems;

    /// <summary>Reads what stands after <c>postgresql://</c>. What is wrong is added to <paramref name="problems"/>.</summary>
    public static NpgsqlConnectionStringBuilder Read(string afterScheme, ConnectionProblems problems)
    {
        var uri = new ConnectionUri(problems);
        uri.Read(afterScheme);
        return uri._builder;
    }

    private void Read(string text)
    {
        if (text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            _problems.Add("the URI contains white space or a control character; write a space as %20.");
            return;
        }

        if (!Split(text, out var userinfo, out var hosts, out var database, out var query))
        {
            return;
        }

        ReadUserinfo(userinfo);
        ReadHosts(hosts);
        if (database is not null)
        {
            ReadDatabase(database);
        }

        ReadParameters(query);
        if (!_problems.Any)
        {
            SetHosts();
        }
    }

    // The separators decide what is a secret. Where they are ambiguous nothing of the text may be shown, and nothing
    // after it can be trusted, so reading stops.
    private bool Split(string text, out string? userinfo, out string hosts, out string? database, out string? query)
    {
        (userinfo, hosts, database, query) = (null, "", null, null);
        var question = text.IndexOf('?');
        var head = question < 0 ? text : text[..question];
        query = question < 0 ? null : text[(question + 1)..];
        var slash = head.IndexOf('/');
        var authority = slash < 0 ? head : head[..slash];
        database = slash < 0 ? null : head[(slash + 1)..];

        var at = authority.IndexOf('@');
        if (at < 0 && slash < 0 && query is not null && query.IndexOf('@') is var inQuery and >= 0)
        {
            if (!query[..inQuery].Contains('='))
            {
                return Ambiguous('?', "%3F");
            }
        }

        if (at < 0 && database is not null && database.Contains('@'))
        {
            return Ambiguous('/', "%2F");
        }

        if (at >= 0 && (authority.IndexOf('@', at + 1) >= 0 || (database?.Contains('@') ?? false)))
        {
            return Ambiguous('@', "%40");
        }

        userinfo = at < 0 ? null : authority[..at];
        hosts = at < 0 ? authority : authority[(at + 1)..];
        if (hosts.Contains('#') || (database?.Contains('#') ?? false) || (query?.Contains('#') ?? false))
        {
            // Browsers and most URL libraries cut a URI here; libpq does not. The reader cannot know which was meant.
            _problems.Add("the URI contains an unescaped #; write it as %23 (and a / in the password as %2F).");
            return false;
        }

        return true;

        bool Ambiguous(char separator, string escaped)
        {
            _problems.Add(
                $"the user name or the password contains an unescaped {separator}; write it as {escaped}. "
                    + "(The text is not shown: it may be part of the password.)"
            );
            return false;
        }
    }

    private void ReadUserinfo(string? userinfo)
    {
        if (userinfo is null)
        {
            return;
        }

        var colon = userinfo.IndexOf(':');
        var user = colon < 0 ? userinfo : userinfo[..colon];
        if (user.Length > 0)
        {
            _builder.Username = Decode(user, "the user name");
        }

        if (colon < 0)
        {
            return;
        }

        var password = userinfo[(colon + 1)..];
        if (password.Length == 0)
        {
            _problems.Add(
                "the password is empty; write it after the colon, or leave the colon out where none is needed."
            );
        }
        else if (Placeholder().IsMatch(password))
        {
            _problems.Add("the password is still the placeholder; put the database's password in its place.");
        }
        else
        {
            _builder.Password = Decode(password, "the password");
        }
    }

    private void ReadHosts(string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        foreach (var item in text.Split(','))
        {
            if (ReadHost(item) is { } host)
            {
                _hosts.Add(host);
            }
        }
    }

    private (string Host, string? Port)? ReadHost(string item)
    {
        string host;
        string rest;
        if (item.StartsWith('['))
        {
            var close = item.IndexOf(']');
            if (close < 0)
            {
                _problems.Add("the host begins with [ but has no closing ]; write an IPv6 address as [::1].");
                return null;
            }

            host = item[1..close];
            rest = item[(close + 1)..];
            if (!IPAddress.TryParse(host, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
            {
                _problems.Add("the host between [ and ] is not an IPv6 address; only those stand in brackets.");
                return null;
            }

            if (rest.Length > 0 && rest[0] != ':')
            {
                _problems.Add($"after the host [{host}] only a colon and a port may follow.");
                return null;
            }
        }
        else
        {
            if (item.Count(c => c == ':') > 1)
            {
                _problems.Add("a host has more than one colon; write an IPv6 address in brackets, as [::1]:5432.");
                return null;
            }

            var colon = item.IndexOf(':');
            host = Decode(colon < 0 ? item : item[..colon], "the host");
            rest = colon < 0 ? "" : item[colon..];
            if (host.Length == 0)
            {
                _problems.Add("a host is empty; write its name before the port and between commas.");
                return null;
            }

            if (!IsHost(host))
            {
                _problems.Add("the host contains a character that no host name has.");
                return null;
            }
        }

        if (rest.Length == 0)
        {
            return (host, null);
        }

        return ReadPort(rest[1..], host) ? (host, rest[1..]) : null;
    }

    // A port that is not a number may be a password whose @host was forgotten: it is not repeated.
    private bool ReadPort(string port, string host)
    {
        if (port.Length == 0)
        {
            _problems.Add(
                $"the port of host \"{host}\" is empty; write a number from 1 to 65535 or leave the colon out."
            );
            return false;
        }

        if (IsPort(port))
        {
            return true;
        }

        var forgotten =
            _builder.Username is null && _hosts.Count == 0 ? " (or is @host missing after user:password?)" : "";
        _problems.Add($"the port of host \"{host}\" must be a whole number from 1 to 65535{forgotten}.");
        return false;
    }

    private void ReadDatabase(string text)
    {
        if (text.Contains('/'))
        {
            _problems.Add(
                "the database name contains a /; leave it out, or write it as %2F if it belongs to the name."
            );
        }
        else if (text.Length > 0)
        {
            _builder.Database = Decode(text, "the database name");
        }
    }

    private void ReadParameters(string? query)
    {
        if (query is null)
        {
            return;
        }

        var given = new Dictionary<string, string>();
        foreach (var item in query.Split('&'))
        {
            if (item.Length == 0)
            {
                _problems.Add("the list of parameters after ? has an empty place; remove the extra ? or &.");
                continue;
            }

            var equals = item.IndexOf('=');
            if (equals < 0)
            {
                _problems.Add($"the parameter {ConnectionProblems.Shown(item)} has no value; write name=value.");
                continue;
            }

            var name = Decode(item[..equals], "a parameter's name");
            var value = Decode(item[(equals + 1)..], $"the parameter {ConnectionProblems.Shown(name)}");
            if (!given.TryAdd(name, value))
            {
                if (given[name] != value)
                {
                    _problems.Add($"the parameter {ConnectionProblems.Shown(name)} is given twice with two values.");
                }

                continue;
            }
        }

        // sslmode first: what sslrootcert=system means depends on it.
        foreach (var (name, value) in given.OrderByDescending(pair => pair.Key is "sslmode" or "ssl"))
        {
            Apply(name, value);
        }
    }

    private void Apply(string name, string value)
    {
        if (name is not ("host" or "port") && LibpqParameter.Find(name) is null)
        {
            var near = NearestName.Of(name, [.. LibpqParameter.Names, "host", "port"]);
            var advice = near is null
                ? name.Contains("timeout", StringComparison.OrdinalIgnoreCase)
                    ? "; a server setting is written as options=-c%20name%3Dvalue"
                    : $"; known are {string.Join(", ", _common)}"
                : $"; did you mean \"{near}\"?";
            _problems.Add($"unknown parameter {ConnectionProblems.Shown(name)}{advice}");
            return;
        }

        var parameter = LibpqParameter.Find(name);
        if (value.Length == 0 && parameter is not { MayBeEmpty: true })
        {
            _problems.Add($"the parameter \"{name}\" is empty; give it a value or leave it out.");
            return;
        }

        switch (name)
        {
            case "host":
                ApplyHost(value);
                return;
            case "port":
                ApplyPort(value);
                return;
        }

        if (Clash(name, value))
        {
            return;
        }

        if (parameter!.Apply(_builder, value) is { } wrong)
        {
            _problems.Add($"the parameter \"{name}\" {wrong}.");
        }
    }

    // Said twice, in the URI's head and among its parameters: libpq lets the parameter win. Two different answers to
    // "which database, as whom?" are refused here.
    private bool Clash(string name, string value)
    {
        var head = name switch
        {
            "user" => _builder.Username,
            "password" => _builder.Password,
            "dbname" => _builder.Database,
            _ => null,
        };
        if (head is null || head == value)
        {
            return false;
        }

        _problems.Add($"the parameter \"{name}\" says something else than the URI before the ?; keep one of them.");
        return true;
    }

    private void ApplyHost(string value)
    {
        // user:password@localhost/db?host=/cloudsql/… is the usual way to name a socket: the placeholder host gives way.
        if (_hosts.Count > 0 && !value.StartsWith('/') && value != string.Join(',', _hosts.Select(h => h.Host)))
        {
            _problems.Add("the parameter \"host\" names another host than the URI before the ?; keep one of them.");
            return;
        }

        var hosts = value.Split(',');
        if (hosts.Any(host => !IsHost(host) && !IPAddress.TryParse(host, out _)))
        {
            _problems.Add(
                "the parameter \"host\" must be host names, addresses or a socket directory, separated by commas."
            );
            return;
        }

        var port = _hosts.Select(h => h.Port).FirstOrDefault();
        _hosts.Clear();
        _hosts.AddRange(hosts.Select(host => (host, hosts.Length == 1 ? port : null)));
    }

    private string[]? _ports;

    private void ApplyPort(string value)
    {
        var ports = value.Split(',');
        if (!ports.All(IsPort))
        {
            _problems.Add("the parameter \"port\" must be a whole number from 1 to 65535, or one for each host.");
            return;
        }

        if (_hosts.Any(host => host.Port is not null && !ports.Contains(host.Port)))
        {
            _problems.Add("the parameter \"port\" names another port than the URI before the ?; keep one of them.");
            return;
        }

        _ports = ports;
    }

    private void SetHosts()
    {
        if (_hosts.Count == 0)
        {
            // libpq would fall back on PGHOST or a socket; a migration must not go where nobody pointed it.
            _problems.Add(
                "the URI names no host; write postgresql://user@host:5432/database, "
                    + "or postgresql:///database?host=/var/run/postgresql for a socket."
            );
            return;
        }

        if (_ports is { Length: > 1 } && _ports.Length != _hosts.Count)
        {
            _problems.Add($"the parameter \"port\" lists {_ports.Length} ports for {_hosts.Count} hosts.");
            return;
        }

        var placed = _hosts.Select((h, i) => (h.Host, Port: h.Port ?? _ports?[_ports.Length == 1 ? 0 : i])).ToList();
        if (placed is [var only])
        {
            ChooseNothing();
            _builder.Host = only.Host;
            if (only.Port is not null)
            {
                _builder.Port = int.Parse(only.Port, CultureInfo.InvariantCulture);
            }

            return;
        }

        _builder.Host = string.Join(',', placed.Select(h => HostAndPort(h.Host, h.Port)));

        static string HostAndPort(string host, string? port)
        {
            var bracketed = host.Contains(':') ? $"[{host}]" : host;
            return port is null ? bracketed : $"{bracketed}:{port}";
        }
    }

    // Npgsql takes this parameter with several hosts only. With one there is nothing to choose: that it takes writes is
    // checked on the connection before a migration runs.
    private void ChooseNothing()
    {
        if (_builder.TargetSessionAttributes is "standby" or "read-only")
        {
            _problems.Add(
                $"the parameter \"target_session_attrs\" \"{_builder.TargetSessionAttributes}\" chooses among several hosts, "
                    + "but one is named; leave it out."
            );
        }

        _builder.TargetSessionAttributes = null;
    }

    private static readonly string[] _common =
    [
        "sslmode",
        "sslrootcert",
        "channel_binding",
        "options",
        "application_name",
        "connect_timeout",
        "target_session_attrs",
    ];

    internal static bool IsPort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535;

    // A host name or IPv4 address, or the directory of a Unix socket, or an abstract socket.
    internal static bool IsHost(string text) => Host().IsMatch(text);

    private string Decode(string text, string what)
    {
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                bytes.AddRange(
                    Encoding.UTF8.GetBytes(text, i, char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1)
                );
                i += char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 1 : 0;
                continue;
            }

            if (
                i + 2 >= text.Length
                || !byte.TryParse(
                    text.AsSpan(i + 1, 2),
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture,
                    out var value
                )
                || value == 0
            )
            {
                _problems.Add($"{what} contains a % that is not followed by two hexadecimal digits; write % as %25.");
                return "?";
            }

            bytes.Add(value);
            i += 2;
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    [GeneratedRegex(@"^(?:[A-Za-z0-9._-]+|[/@][^\s\p{C}]*)$")]
    private static partial Regex Host();

    // As the dashboards print it: [YOUR-PASSWORD], <password>, YOUR_PASSWORD.
    [GeneratedRegex(
        @"^(?:\[YOUR[-_ ]?PASSWORD\]|<(?:your[-_ ]?)?password>|YOUR[-_]PASSWORD)$",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Placeholder();
}
