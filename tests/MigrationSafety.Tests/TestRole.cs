using Npgsql;

namespace MigrationSafety.Tests;

/// <summary>A role of a test's own, which may do nothing but log in.</summary>
internal sealed class TestRole : IAsyncDisposable
{
    private readonly string _server;

    private TestRole(string server, string name) => (_server, Name) = (server, name);

    public string Name { get; }

    public static async Task<TestRole> CreateAsync(PostgresServer postgres, string attributes = "")
    {
        var role = new TestRole(postgres.Server.ConnectionString, $"role_{Guid.NewGuid():N}");
        await role.ExecuteAsync($"CREATE ROLE {role.Name} LOGIN PASSWORD 'Secret!' {attributes}");
        return role;
    }

    public NpgsqlConnectionStringBuilder Connect(NpgsqlConnectionStringBuilder to)
    {
        (to.Username, to.Password) = (Name, "Secret!");
        return to;
    }

    /// <summary>Drops it; what it owns in a test's database must be gone with that database before.</summary>
    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        try
        {
            await ExecuteAsync($"DROP ROLE {Name}");
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DependentObjectsStillExist)
        {
            // Its objects go with the test's database and the server; a role that may do nothing harms no other test.
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_server);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
