using System.Globalization;
using Npgsql;

namespace LocalPostgres;

/// <summary>Connection strings as <c>postgresql://</c> URIs, in both directions.</summary>
internal static class PostgresUri
{
    /// <summary>The URI that libpq's programs take as it is.</summary>
    public static string From(NpgsqlConnectionStringBuilder connection) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"postgresql://{Uri.EscapeDataString(connection.Username ?? "")}:{Uri.EscapeDataString(connection.Password ?? "")}@{connection.Host}:{connection.Port}/{Uri.EscapeDataString(connection.Database ?? "")}"
        );
}
