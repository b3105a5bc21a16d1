using System.ComponentModel;
using System.Globalization;
using System.Text;
using Npgsql;

namespace MigrationSafety.Connections;

/// <summary>
/// Reads Npgsql's own form, <c>Host=…;Database=…</c>, by ADO.NET's quoting rules. Npgsql reads it too, but stops at the
/// first problem and, where an unquoted <c>;</c> cuts a password, repeats the rest of it in its message.
/// </summary>
internal static class KeyValueString
{
    /// <summary>Reads the string. What is wrong is added to <paramref name="problems"/>.</summary>
    public static NpgsqlConnectionStringBuilder Read(string text, ConnectionProblems problems)
    {
        var builder = new NpgsqlConnectionStringBuilder();
        if (Pairs(text, problems) is not { } pairs)
        {
            return builder;
        }

        var given = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (keyword, value) in pairs)
        {
            Set(builder, keyword, value, given, problems);
        }

        if (!problems.Any && string.IsNullOrEmpty(builder.Host))
        {
            problems.Add("no \"Host\" is given; write Host=name or Host=/socket/directory.");
        }

        return builder;
    }

    private static void Set(
        NpgsqlConnectionStringBuilder builder,
        string keyword,
        string value,
        Dictionary<string, string> given,
        ConnectionProblems problems
    )
    {
        if (!builder.ContainsKey(keyword))
        {
            var near = _libpq.GetValueOrDefault(keyword) ?? NearestName.Of(keyword, Properties.Keys);
            problems.Add(
                $"unknown parameter {ConnectionProblems.Shown(keyword)}"
                    + (near is null ? "; see Npgsql's connection string parameters" : $"; did you mean \"{near}\"?")
                    + " (A value that contains ; or = must be quoted: Password='…'.)"
            );
            return;
        }

        var property = Property(builder, keyword);
        var name = property.DisplayName;
        if (value.Length == 0)
        {
            problems.Add($"the parameter \"{name}\" is empty; give it a value or leave it out.");
            return;
        }

        if (!given.TryAdd(name, value) && given[name] != value)
        {
            problems.Add($"the parameter \"{name}\" is given twice with two values; keep one of them.");
            return;
        }

        if (name == "Host" && !IsHostList(value))
        {
            problems.Add(
                "the parameter \"Host\" must be host names, addresses or a socket directory, separated by commas "
                    + "(and parameters by ;)."
            );
            return;
        }

        if (!IsAllowed(property, name, value) || !TrySet(builder, keyword, value))
        {
            problems.Add(
                $"the parameter \"{name}\" {ShownUnlessText(property, value)}must be {Allowed(property, name)}."
            );
        }
    }

    private static bool IsAllowed(PropertyDescriptor property, string name, string value) =>
        name == "Port"
            ? ConnectionUri.IsPort(value)
            // Enum.Parse takes any number, also one that means nothing.
            : !property.PropertyType.IsEnum || !int.TryParse(value, CultureInfo.InvariantCulture, out _);

    private static bool TrySet(NpgsqlConnectionStringBuilder builder, string keyword, string value)
    {
        try
        {
            builder[keyword] = value;
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string ShownUnlessText(PropertyDescriptor property, string value) =>
        property.PropertyType == typeof(string) ? "" : ConnectionProblems.ShownValue(value);

    private static string Allowed(PropertyDescriptor property, string name) =>
        name switch
        {
            "Port" => "a whole number from 1 to 65535",
            "Timeout" => "a whole number from 0 to 1024 (seconds)",
            "Target Session Attributes" =>
                "one of any, primary, standby, prefer-primary, prefer-standby, read-write, read-only",
            "Require Auth" => "a list of Password, MD5, GSS, SSPI, ScramSHA256, None",
            _ when property.PropertyType.IsEnum => $"one of {string.Join(", ", Enum.GetNames(property.PropertyType))}",
            _ when property.PropertyType == typeof(bool) => "true or false",
            _ when property.PropertyType == typeof(int) => "a whole number in the parameter's range",
            _ => "a value that Npgsql accepts",
        };

    private static bool IsHostList(string value) =>
        value
            .Split(',')
            .All(item =>
                item.Length > 0
                && (
                    System.Net.IPAddress.TryParse(item, out _)
                    || (item.StartsWith('/') || item.StartsWith('@')) && ConnectionUri.IsHost(item)
                    || IsHostAndPort(item)
                )
            );

    private static bool IsHostAndPort(string item)
    {
        var colon = item.LastIndexOf(':');
        if (item.StartsWith('['))
        {
            var close = item.IndexOf(']');
            return close > 0
                && System.Net.IPAddress.TryParse(item[1..close], out _)
                && (close == item.Length - 1 || (colon == close + 1 && ConnectionUri.IsPort(item[(colon + 1)..])));
        }

        return colon < 0
            ? ConnectionUri.IsHost(item)
            : ConnectionUri.IsHost(item[..colon]) && ConnectionUri.IsPort(item[(colon + 1)..]);
    }

    private static PropertyDescriptor Property(NpgsqlConnectionStringBuilder builder, string keyword)
    {
        var plain = keyword.Replace(" ", "", StringComparison.Ordinal);
        if (Properties.Values.FirstOrDefault(p => Same(p.Name, plain) || Same(p.DisplayName, keyword)) is { } found)
        {
            return found;
        }

        // A synonym ("Server", "User Id"): the builder tells which keyword it stands for when it is set.
        return Same(plain, "Server") ? Properties["Host"]
            : Same(plain, "DB") ? Properties["Database"]
            : plain.StartsWith('U') || plain.StartsWith('u') ? Properties["Username"]
            : plain.StartsWith('P') || plain.StartsWith('p') ? Properties["Password"]
            : Same(plain, "Krbsrvname") ? Properties["Kerberos Service Name"]
            : Same(plain, "LoadBalanceTimeout") ? Properties["Connection Lifetime"]
            : throw new NotSupportedException($"Npgsql's keyword {builder.GetType().Name}.{plain} has no property.");

        static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
    }

    private static Dictionary<string, PropertyDescriptor> Properties { get; } =
        TypeDescriptor
            .GetProperties(typeof(NpgsqlConnectionStringBuilder))
            .Cast<PropertyDescriptor>()
            .DistinctBy(p => p.DisplayName)
            .ToDictionary(p => p.DisplayName, StringComparer.OrdinalIgnoreCase);

    // libpq's words for the same things, as people write them from memory.
    private static readonly Dictionary<string, string> _libpq = new(StringComparer.OrdinalIgnoreCase)
    {
        ["dbname"] = "Database",
        ["user"] = "Username",
        ["pass"] = "Password",
        ["hostname"] = "Host",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["channel_binding"] = "Channel Binding",
        ["application_name"] = "Application Name",
        ["connect_timeout"] = "Timeout",
        ["target_session_attrs"] = "Target Session Attributes",
        ["Max Pool Size"] = "Maximum Pool Size",
        ["Min Pool Size"] = "Minimum Pool Size",
    };

    // ADO.NET's grammar: keyword=value;… where a value may stand in single or double quotes, doubled inside.
    private static List<(string Keyword, string Value)>? Pairs(string text, ConnectionProblems problems)
    {
        var pairs = new List<(string, string)>();
        var at = 0;
        while (true)
        {
            while (at < text.Length && (text[at] == ';' || char.IsWhiteSpace(text[at])))
            {
                at++;
            }

            if (at == text.Length)
            {
                return pairs;
            }

            var equals = text.IndexOf('=', at);
            var semicolon = text.IndexOf(';', at);
            if (equals < 0 || (semicolon >= 0 && semicolon < equals))
            {
                var after = pairs.Count == 0 ? "at the beginning" : $"after \"{Named(pairs[^1].Item1)}\"";
                problems.Add(
                    $"there is text without an = {after}; parameters are written Keyword=Value, and a value that "
                        + "contains ; must be quoted: Password='…'. (The text is not shown: it may be part of a secret.)"
                );
                return null;
            }

            var keyword = text[at..equals].Trim();
            at = equals + 1;
            while (at < text.Length && char.IsWhiteSpace(text[at]))
            {
                at++;
            }

            if (at < text.Length && text[at] is '"' or '\'')
            {
                if (Quoted(text, ref at) is not { } quoted)
                {
                    problems.Add(
                        $"the value of \"{Named(keyword)}\" begins with a quote that does not end, or has text after it; "
                            + "double a quote inside a quoted value."
                    );
                    return null;
                }

                pairs.Add((keyword, quoted));
                continue;
            }

            var end = text.IndexOf(';', at);
            end = end < 0 ? text.Length : end;
            pairs.Add((keyword, text[at..end].Trim()));
            at = end;
        }
    }

    private static string Named(string keyword) =>
        new NpgsqlConnectionStringBuilder().ContainsKey(keyword) ? keyword : "…";

    private static string? Quoted(string text, ref int at)
    {
        var quote = text[at++];
        var value = new StringBuilder();
        while (at < text.Length)
        {
            if (text[at] != quote)
            {
                value.Append(text[at++]);
            }
            else if (at + 1 < text.Length && text[at + 1] == quote)
            {
                value.Append(quote);
                at += 2;
            }
            else
            {
                at++;
                while (at < text.Length && char.IsWhiteSpace(text[at]))
                {
                    at++;
                }

                return at == text.Length || text[at] == ';' ? value.ToString() : null;
            }
        }

        return null;
    }
}
