using LocalPostgres;
using MigrationSafety.Schema;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Schema;

/// <summary>A database with one of every kind of object, and the snapshot that it must give.</summary>
internal static class Everything
{
    public static SchemaSnapshotOptions Covered { get; } =
        new() { Schemas = ["private", "public"], Extensions = ["pgcrypto"] };

    public static string ExpectedText { get; } = File.ReadAllText(Path("everything.snapshot"));

    public static SchemaSnapshot Expected { get; } = SchemaSnapshot.Parse(ExpectedText);

    public static Task<TestDatabase> CreateOnAsync(ThrowAwayServer server) =>
        server.CreateDatabaseAsync(
            "everything",
            (connectionString, _) => ExecuteAsync(connectionString, File.ReadAllText(Path("everything.sql"))),
            TestContext.Current.CancellationToken
        );

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static string Path(string file) => System.IO.Path.Combine(AppContext.BaseDirectory, "Schema", file);
}
