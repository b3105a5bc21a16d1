using Npgsql;

namespace Db.Tests.Adopting;

/// <summary>
/// The application while its database is adopted: it signs a user in, asks who that is, and signs them out, again and again. A wait
/// for a lock beyond the rails' own time-out is an error here.
/// </summary>
internal sealed class SignInSession : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _work;
    private int _rounds;

    private SignInSession(string connectionString, string name)
    {
        _work = Task.Run(() => WorkAsync(connectionString, name));
    }

    public int Rounds => _rounds;

    /// <summary>Starts, and returns after the first round.</summary>
    public static async Task<SignInSession> StartAsync(string connectionString, string name = "app")
    {
        var session = new SignInSession(connectionString, name);
        await Task.WhenAny(session._running.Task, session._work);
        if (session._work.IsFaulted)
        {
            await session._work;
        }

        return session;
    }

    /// <summary>Ends it; throws what went wrong in it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _work;
        _end.Dispose();
    }

    private async Task WorkAsync(string connectionString, string name)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            ApplicationName = "application",
        };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        await ExecuteAsync(connection, "SET lock_timeout = '2500ms'");
        while (!_end.IsCancellationRequested)
        {
            // In turn as the owner and as the service's role, which the policies and grants hold for.
            await ExecuteAsync(connection, _rounds % 2 == 0 ? "RESET ROLE" : "SET ROLE service_role");
            var id = $"{name}-{_rounds}";
            await using (var transaction = await connection.BeginTransactionAsync())
            {
                await ExecuteAsync(connection, "SELECT password FROM account WHERE \"userId\" = 'user-1'");
                await ExecuteAsync(connection, "SELECT * FROM users WHERE email = 'user1@example.test'");
                await ExecuteAsync(
                    connection,
                    $"INSERT INTO session (id, \"expiresAt\", token, \"userId\") VALUES ('{id}', now() + interval '1 day', '{id}', 'user-1')"
                );
                await transaction.CommitAsync();
            }

            await ExecuteAsync(
                connection,
                $"SELECT * FROM session JOIN users ON users.id = session.\"userId\" WHERE token = '{id}'",
                expectRow: true
            );
            await ExecuteAsync(connection, $"UPDATE session SET \"userAgent\" = 'browser' WHERE token = '{id}'");
            await ExecuteAsync(connection, $"DELETE FROM session WHERE token = '{id}'");
            Interlocked.Increment(ref _rounds);
            _running.TrySetResult();
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, bool expectRow = false)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        if (!await reader.ReadAsync() && expectRow)
        {
            throw new InvalidOperationException($"The session that was just made is not there: {sql}");
        }
    }
}
