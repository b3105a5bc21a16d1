using System.Text.RegularExpressions;
using MigrationSafety.Failures;
using Npgsql;

namespace MigrationSafety.Connections;

/// <summary>
/// A checked connection string. It is read from a <c>postgresql://</c> URI, which is what hosting providers hand out and
/// Npgsql does not take, or from Npgsql's key-value form, and is written in either. <see cref="ToString"/> hides secrets,
/// so that an instance can stand in any message.
/// </summary>
public sealed partial class PostgresConnectionString
{
    private readonly NpgsqlConnectionStringBuilder _builder;

    private PostgresConnectionString(NpgsqlConnectionStringBuilder builder) => _builder = builder;

    /// <summary>The string in Npgsql's key-value form, <b>password included</b>: for connecting, never for showing.</summary>
    public string KeyValue => _builder.ConnectionString;

    /// <summary>The host or hosts with their ports, as <c>db.example.com:5432</c>.</summary>
    public string Server => string.Join(',', Hosts().Select(h => $"{Bracketed(h.Host)}:{h.Port}"));

    /// <summary>The database, or null where the server is to take the one named like the user.</summary>
    public string? Database => _builder.Database;

    /// <summary>The user, or null where the operating system's user is meant.</summary>
    public string? Username => _builder.Username;

    /// <summary>Reads a connection string in either form.</summary>
    /// <param name="text">A <c>postgresql://</c> or <c>postgres://</c> URI, or Npgsql's <c>Host=…;Database=…</c>.</param>
    /// <param name="source">What messages call the string: the variable or option that it came from.</param>
    /// <exception cref="ConnectionStringException">
    /// It cannot be used; the message names every problem, one line each, and holds no secret.
    /// </exception>
    public static PostgresConnectionString Parse(string text, string source = "connection string")
    {
        ArgumentNullException.ThrowIfNull(text);
        var problems = new ConnectionProblems(source);
        // A value read from a file ends in a line break.
        text = text.Trim();
        var builder = Read(text, problems);
        problems.ThrowIfAny();
        CheckTogether(builder!, problems);
        problems.ThrowIfAny();
        return new PostgresConnectionString(builder!);
    }

    /// <summary>Makes an instance of settings that are known to be sound.</summary>
    /// <param name="settings">Npgsql's settings; later changes to them have no effect here.</param>
    public static PostgresConnectionString From(NpgsqlConnectionStringBuilder settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new PostgresConnectionString(new NpgsqlConnectionStringBuilder(settings.ConnectionString));
    }

    /// <summary>A copy of the settings, to be changed at will.</summary>
    public NpgsqlConnectionStringBuilder ToBuilder() => new(_builder.ConnectionString);

    /// <summary>
    /// The string as a URI that psql, pg_dump and other libpq programs take as it is, <b>password included</b>. Settings
    /// that only Npgsql has (pooling, buffers, command time-out) are left out.
    /// </summary>
    public string ToUri() => ConnectionUriFormat.Write(_builder, Hosts());

    /// <summary>Opens a session.</summary>
    /// <param name="ct">Ends the attempt.</param>
    /// <returns>The open connection, the caller's to dispose of.</returns>
    /// <exception cref="MigrationFailedException">None could be opened; the message says why and what to do.</exception>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken ct = default)
    {
        var connection = new NpgsqlConnection(KeyValue);
        var opening = connection.OpenAsync(ct);
        try
        {
            // Npgsql does not cancel the wait for a server's first answer: it ends by the time-out only.
            await opening.WaitAsync(ct).ConfigureAwait(false);
            return connection;
        }
        catch (OperationCanceledException) when (!opening.IsCompleted)
        {
            _ = opening.ContinueWith(
                _ => connection.Dispose(),
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Default
            );
            throw;
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or TimeoutException)
        {
            var failure = ConnectionFailure.Of(e, DatabaseDescription.Of(connection));
            await connection.DisposeAsync().ConfigureAwait(false);
            throw new MigrationFailedException(failure, e);
        }
    }

    /// <summary>Where it leads and as whom, without secrets: <c>db.example.com:5432/app as owner</c>.</summary>
    public override string ToString() =>
        $"{Server}/{Database ?? "(the user's own)"} as {Username ?? "(the operating system's user)"}";

    /// <summary>
    /// True where both lead to the same database of the same server as the same user. Host names are compared as
    /// written: <c>localhost</c> and <c>127.0.0.1</c> may be two servers.
    /// </summary>
    /// <param name="other">The other connection string.</param>
    public bool LeadsWhere(PostgresConnectionString other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return string.Equals(Server, other.Server, StringComparison.OrdinalIgnoreCase)
            && (Database ?? Username) == (other.Database ?? other.Username)
            && Username == other.Username;
    }

    private static NpgsqlConnectionStringBuilder? Read(string text, ConnectionProblems problems)
    {
        if (text.Length == 0)
        {
            problems.Add(
                "it is empty; set it to a postgresql:// URI or to Npgsql's Host=…;Database=… form, or unset it."
            );
            return null;
        }

        if (Wrapped().IsMatch(text))
        {
            problems.Add("it is wrapped in quotes or begins with a command; keep only the URI itself.");
            return null;
        }

        if (Assignment().Match(text) is { Success: true } assignment)
        {
            problems.Add($"it begins with \"{assignment.Groups[1].Value}=\"; keep only what stands after the = sign.");
            return null;
        }

        if (Scheme().Match(text) is not { Success: true } match)
        {
            return text.Contains('=') && !LibpqKeywords().IsMatch(text)
                ? KeyValueString.Read(text, problems)
                : NeitherForm(problems);
        }

        var scheme = match.Groups[1].Value;
        if (
            scheme.Equals("postgresql", StringComparison.OrdinalIgnoreCase)
            || scheme.Equals("postgres", StringComparison.OrdinalIgnoreCase)
        )
        {
            if (text.AsSpan(match.Length).StartsWith("//"))
            {
                return ConnectionUri.Read(text[(match.Length + 2)..], problems);
            }

            problems.Add($"after \"{scheme}:\" two slashes must follow; write postgresql://user@host:5432/database.");
            return null;
        }

        problems.Add(
            scheme.Contains("postgres", StringComparison.OrdinalIgnoreCase)
            || scheme.Equals("jdbc", StringComparison.OrdinalIgnoreCase)
                ? $"the scheme \"{scheme}:\" is another driver's; write postgresql:// instead."
                : $"the scheme \"{scheme}:\" is not PostgreSQL's; a postgresql:// URI or Npgsql's Host=…;Database=… form is needed."
        );
        return null;
    }

    // Npgsql checks some combinations only when a connection is made of them. Its sentences name settings, not values.
    private static void CheckTogether(NpgsqlConnectionStringBuilder settings, ConnectionProblems problems)
    {
        try
        {
            using var connection = new NpgsqlConnection(settings.ConnectionString);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            problems.Add($"its settings do not go together: {e.Message}.");
        }
    }

    private static NpgsqlConnectionStringBuilder? NeitherForm(ConnectionProblems problems)
    {
        problems.Add(
            "it is neither a postgresql:// URI nor Npgsql's Host=…;Database=… form (parameters separated by ;). "
                + "(It is not shown: it may hold a secret.)"
        );
        return null;
    }

    // Npgsql's Host holds either one host, with the port in Port, or a list in which each may carry its own.
    private List<(string Host, int Port)> Hosts()
    {
        var hosts = new List<(string, int)>();
        foreach (var item in (_builder.Host ?? "").Split(','))
        {
            var close = item.LastIndexOf(']');
            var colon = item.LastIndexOf(':');
            var isBareAddress = close < 0 && item.Count(c => c == ':') > 1;
            if (colon <= close || isBareAddress || item.StartsWith('/'))
            {
                hosts.Add((item.Trim('[', ']'), _builder.Port));
            }
            else
            {
                hosts.Add((item[..colon].Trim('[', ']'), int.Parse(item[(colon + 1)..], null)));
            }
        }

        return hosts;
    }

    internal static string Bracketed(string host) => host.Contains(':') && !host.StartsWith('/') ? $"[{host}]" : host;

    [GeneratedRegex(@"^([A-Za-z][A-Za-z0-9+.-]*):")]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^(?:[""'`]|psql\s)", RegexOptions.IgnoreCase)]
    private static partial Regex Wrapped();

    [GeneratedRegex(@"^(?:export\s+)?([A-Z][A-Z0-9_]*)=[""']?postgres(?:ql)?://")]
    private static partial Regex Assignment();

    // host=… port=… dbname=…: libpq's own keyword form, separated by spaces.
    [GeneratedRegex(@"^\s*\w+\s*=\s*[^;\s]+\s+(?:host|port|dbname|user|password|sslmode)\s*=", RegexOptions.IgnoreCase)]
    private static partial Regex LibpqKeywords();
}
