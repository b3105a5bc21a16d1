using System.Globalization;
using Npgsql;

namespace LocalPostgres;

/// <summary>Connection strings as <c>postgresql://</c> URIs, in both directions.</summary>
internal static class PostgresUri
{
    /// <summary>The URI that libpq's programs take as it is.</summary>
    public static string From(NpgsqlConnectionStringBuilder connection)
    {
        var host = connection.Host ?? "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"postgresql://{Uri.EscapeDataString(connection.Username ?? "")}:{Uri.EscapeDataString(connection.Password ?? "")}@{(host.Contains(':') ? $"[{host}]" : host)}:{connection.Port}/{Uri.EscapeDataString(connection.Database ?? "")}"
        );
    }

    public static bool Is(string text) =>
        text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase)
        || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads what a server for tests needs: one host, and of the parameters sslmode.</summary>
    /// <exception cref="FormatException">It is none; the message repeats nothing that may be secret.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
            throw new FormatException("it is no URI of the form postgresql://user:password@host:port/database");
        var user = uri.UserInfo.Split(':', 2);
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host.Trim('[', ']'),
            Port = uri.Port > 0 ? uri.Port : 5432,
            Username = Uri.UnescapeDataString(user[0]),
            Database = uri.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(uri.AbsolutePath[1..]) : "postgres",
        };
        if (user.Length == 2)
            connection.Password = Uri.UnescapeDataString(user[1]);
        foreach (var parameter in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            if (parameter.Split('=', 2) is not ["sslmode", var mode])
                throw new FormatException($"its parameter '{parameter.Split('=')[0]}' is not known here; sslmode is");
            connection.SslMode = Enum.TryParse<SslMode>(
                mode.Replace("-", "", StringComparison.Ordinal),
                true,
                out var known
            )
                ? known
                : throw new FormatException($"'{mode}' is no value of sslmode");
        }
        return connection;
    }
}
