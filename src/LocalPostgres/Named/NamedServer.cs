using LocalPostgres.Choosing;
using Npgsql;

namespace LocalPostgres.Named;

/// <summary>A server that runs already and that <c>TEST_DATABASE_URL</c> gives us for throw-away databases.</summary>
internal sealed class NamedServer : IServer
{
    public const string Variable = "TEST_DATABASE_URL";

    private readonly NpgsqlConnectionStringBuilder _connection;

    private NamedServer(NpgsqlConnectionStringBuilder connection) => _connection = connection;

    public NpgsqlConnectionStringBuilder Connection => new(_connection.ConnectionString);
    public string Origin => $"named by {Variable} at {_connection.Host}:{_connection.Port}";
    public string? BinDirectory => null;

    /// <exception cref="NoServerException">The variable names no server that can be used. It was set on purpose: no other way is taken.</exception>
    /// <exception cref="UnavailableException">The server has another version than the wished one.</exception>
    public static async Task<NamedServer> ReachAsync(
        Machine machine,
        ServerWish wish,
        CancellationToken cancellationToken
    )
    {
        var value = machine[Variable] ?? throw new UnavailableException("not set");
        var where = Read(value);
        var (version, mayCreate) = await AskAsync(where, cancellationToken);
        if (version.Major < ServerWish.OldestSupported)
            throw Unusable($"{where.Host}:{where.Port} runs PostgreSQL {version}; {wish.Text} is needed");
        if (!wish.Accepts(version))
            throw new UnavailableException(
                $"{where.Host}:{where.Port} runs PostgreSQL {version}; {wish.Text} was asked for"
            );
        if (!mayCreate)
            throw Unusable(
                $"""user "{where.Username}" may not create databases there; as a superuser: ALTER ROLE "{where.Username}" CREATEDB"""
            );
        await StaleDatabases.SweepAsync(where, cancellationToken);
        return new NamedServer(where);
    }

    public Task StopAsync(StopMode mode, CancellationToken cancellationToken) => throw NotOurs();

    public Task StartAsync(CancellationToken cancellationToken) => throw NotOurs();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static NpgsqlConnectionStringBuilder Read(string value)
    {
        try
        {
            var where = PostgresUri.Is(value) ? PostgresUri.Parse(value) : new NpgsqlConnectionStringBuilder(value);
            if (string.IsNullOrEmpty(where.Host))
                throw new FormatException("it names no host");
            where.Database ??= "postgres";
            return where;
        }
        catch (FormatException exception)
        {
            throw Unusable(exception.Message);
        }
        catch (ArgumentException)
        {
            // Npgsql's message quotes what it could not read, and that may hold the password.
            throw Unusable(
                "it is neither a postgresql:// URI nor a connection string of the form Host=…;Username=…;Password=…"
            );
        }
    }

    private static async Task<(Version Version, bool MayCreate)> AskAsync(
        NpgsqlConnectionStringBuilder where,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await using var connection = new NpgsqlConnection(where.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand(
                "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user",
                connection
            );
            return (connection.PostgreSqlVersion, (bool)(await command.ExecuteScalarAsync(cancellationToken))!);
        }
        catch (NpgsqlException exception)
        {
            var why = exception is PostgresException postgres ? postgres.MessageText : exception.Message;
            throw Unusable($"{where.Host}:{where.Port}: {why}", exception);
        }
    }

    private static NoServerException Unusable(string reason, Exception? inner = null) =>
        new(
            $"{Variable} is set, and the server it names cannot be used: {reason}. Correct it, or unset it to have a server started here.",
            inner
        )
        {
            Reasons = [$"{Variable}: {reason}"],
        };

    private static NotSupportedException NotOurs() =>
        new(
            $"The server is {Variable}'s and not ours to stop; ask for an exclusive one (ThrowAwayServerOptions.Exclusive)."
        );
}
