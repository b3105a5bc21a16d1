using System.Data.Common;
using Npgsql;

namespace MigrationSafety.Failures;

/// <summary>A database in words that hold no secret.</summary>
internal sealed record DatabaseDescription(string Host, int Port, string Database, string User, int TimeoutSeconds)
{
    public static DatabaseDescription Of(DbConnection connection)
    {
        var builder = new NpgsqlConnectionStringBuilder(connection.ConnectionString);
        var user = builder.Username ?? Environment.UserName;
        return new DatabaseDescription(
            builder.Host ?? "localhost",
            builder.Port,
            builder.Database ?? user,
            user,
            builder.Timeout
        );
    }

    public string Server => Host.Contains(',') || Host.StartsWith('/') ? Host : $"{Host}:{Port}";

    public override string ToString() => $"database \"{Database}\" at {Server} as {User}";
}
