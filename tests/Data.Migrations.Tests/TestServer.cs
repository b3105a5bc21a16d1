using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Npgsql;

[assembly: AssemblyFixture(typeof(Data.Migrations.Tests.TestServer))]

namespace Data.Migrations.Tests;

/// <summary>One server for the run; each test gets a database of its own.</summary>
public sealed class TestServer : IAsyncLifetime
{
    private ThrowAwayServer? _server;

    public ThrowAwayServer Server => _server ?? throw new InvalidOperationException("The server is not started.");

    public async ValueTask InitializeAsync() => _server = await ThrowAwayServer.StartAsync();

    public ValueTask DisposeAsync() => _server is null ? ValueTask.CompletedTask : _server.DisposeAsync();

    public Task<TestDatabase> CreateEmptyAsync() => Server.CreateDatabaseAsync(TestContext.Current.CancellationToken);

    public Task<TestDatabase> CreateMigratedAsync() =>
        Server.CreateDatabaseAsync(
            "migrated",
            async (connectionString, cancellationToken) =>
            {
                await using var context = DesignTimeFactory.CreateFor(connectionString);
                await context.Database.MigrateAsync(cancellationToken);
            },
            TestContext.Current.CancellationToken
        );

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public static async Task<T?> ScalarAsync<T>(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T?)await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
