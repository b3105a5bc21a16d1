using LocalPostgres;
using MigrationSafety.Tests;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace MigrationSafety.Tests;

/// <summary>The one throw-away server of this test process; each test takes a database of its own from it.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    public ThrowAwayServer Server { get; private set; } = null!;

    public Task<TestDatabase> CreateDatabaseAsync() =>
        Server.CreateDatabaseAsync(TestContext.Current.CancellationToken);

    public async ValueTask InitializeAsync() => Server = await ThrowAwayServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
