using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

[assembly: AssemblyFixture(typeof(Data.Tests.MigratedServer))]

namespace Data.Tests;

/// <summary>One server for the run; each test gets a database of its own, cloned from a migrated one.</summary>
public sealed class MigratedServer : IAsyncLifetime
{
    private ThrowAwayServer? _server;

    public ThrowAwayServer Server => _server ?? throw new InvalidOperationException("The server is not started.");

    public async ValueTask InitializeAsync() => _server = await ThrowAwayServer.StartAsync();

    public ValueTask DisposeAsync() => _server is null ? ValueTask.CompletedTask : _server.DisposeAsync();

    /// <summary>A database with every migration applied and no rows.</summary>
    public Task<TestDatabase> CreateMigratedAsync() =>
        Server.CreateDatabaseAsync(
            "migrated",
            async (connectionString, cancellationToken) =>
            {
                await using var context = Connect(connectionString);
                await context.Database.MigrateAsync(cancellationToken);
            }
        );

    /// <summary>A migrated database with the <see cref="People"/> in it.</summary>
    public Task<TestDatabase> CreatePeopledAsync() =>
        Server.CreateDatabaseAsync(
            "peopled",
            async (connectionString, cancellationToken) =>
            {
                await using var context = Connect(connectionString);
                await context.Database.MigrateAsync(cancellationToken);
                await People.AddAsync(context, cancellationToken);
            }
        );

    public static AppDbContext Connect(
        string connectionString,
        Action<NpgsqlDbContextOptionsBuilder>? configure = null
    ) =>
        new(
            (DbContextOptions<AppDbContext>)
                new DbContextOptionsBuilder<AppDbContext>().UseAppDatabase(connectionString, configure).Options
        );

    public static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }
}
