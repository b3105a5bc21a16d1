using Data.Migrations;
using Db.Tests;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace Db.Tests;

/// <summary>The one throw-away server of this test process.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    public ThrowAwayServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await ThrowAwayServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>A database to which all migrations were applied.</summary>
    public Task<TestDatabase> MigratedDatabaseAsync() =>
        Server.CreateDatabaseAsync(
            "migrated",
            async (connectionString, token) =>
            {
                await using var context = DesignTimeFactory.CreateFor(connectionString);
                await context.Database.MigrateAsync(token);
            },
            TestContext.Current.CancellationToken
        );

    public static async Task ExecuteAsync(TestDatabase database, string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
