using Npgsql;

namespace LocalPostgres;

/// <summary>A database for one test; disposing of it drops it, whoever is still connected.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly ThrowAwayServer _server;

    internal TestDatabase(ThrowAwayServer server, string name)
    {
        _server = server;
        Name = name;
        ConnectionString = server.ConnectionStringTo(name);
    }

    /// <summary>Its name, unique on the server.</summary>
    public string Name { get; }

    /// <summary>As the server's superuser, in Npgsql's key-value form.</summary>
    public string ConnectionString { get; }

    /// <summary>As <see cref="ConnectionString"/>, as the <c>postgresql://</c> URI that psql, pg_dump and pgbench take.</summary>
    public string ConnectionUri => PostgresUri.From(new NpgsqlConnectionStringBuilder(ConnectionString));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await using (var pooled = new NpgsqlConnection(ConnectionString))
            NpgsqlConnection.ClearPool(pooled);
        await _server.DropDatabaseAsync(Name);
    }
}
