using LocalPostgres;
using MigrationSafety.Connections;
using Npgsql;

namespace Db.Databases;

/// <summary>The database that a command is for, and who named it.</summary>
/// <param name="Connection">Where it is.</param>
/// <param name="Source">A variable, an option, or the development server.</param>
internal sealed record NamedDatabase(PostgresConnectionString Connection, string Source)
{
    // The oldest that PostgreSQL's developers still mend; what migrations use exists from there on.
    private const int OldestServer = 15;

    private const string DevelopmentServerSource = "the development server";

    /// <summary>
    /// Finds the database: by the environment, then by <c>--connection</c>, then this checkout's development server.
    /// </summary>
    /// <param name="typed">What was given as <c>--connection</c>.</param>
    /// <param name="ct">Ends the search.</param>
    /// <exception cref="ConnectionStringException">The name cannot be used.</exception>
    /// <exception cref="CouldNotRunException">None is named and no development server runs.</exception>
    public static async Task<NamedDatabase> FindAsync(string? typed, CancellationToken ct)
    {
        if (DatabaseUrl.FromEnvironment(typed) is { } url)
        {
            return new NamedDatabase(url.Connection, url.Source);
        }

        if (Checkout.Above(Environment.CurrentDirectory) is { } checkout)
        {
            var server = await DevelopmentServer.FindAsync(new() { Checkout = checkout.Directory }, ct);
            if (server is { IsRunning: true })
            {
                return new NamedDatabase(
                    PostgresConnectionString.Parse(server.ConnectionString),
                    DevelopmentServerSource
                );
            }

            if (server is not null)
            {
                throw new CouldNotRunException(
                    "No database is named, and this checkout's development server does not run. Start it: "
                        + "dotnet run --project src/Db -- up"
                );
            }
        }

        throw new CouldNotRunException(
            DatabaseUrl.NothingNamed + " For a development server of this checkout: dotnet run --project src/Db -- up"
        );
    }

    /// <summary>Opens a session.</summary>
    /// <exception cref="MigrationSafety.MigrationFailedException">None could be opened.</exception>
    /// <exception cref="CouldNotRunException">The server is too old.</exception>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken ct)
    {
        var connection = await Connection.OpenAsync(ct);
        if (connection.PostgreSqlVersion.Major >= OldestServer)
        {
            return connection;
        }

        var version = connection.PostgreSqlVersion;
        await connection.DisposeAsync();
        throw new CouldNotRunException(
            $"The server at {Connection.Server} is PostgreSQL {version}; this project needs {OldestServer} or newer."
        );
    }
}
