using Npgsql;

namespace Db.Tests.Adopting;

/// <summary>
/// A session of the application that does the same thing again and again, until it is ended. A wait for a lock beyond the rails' own
/// time-out is an error here.
/// </summary>
internal sealed class RunningSession : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _work;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RunningSession(string connectionString, string start, Func<NpgsqlConnection, int, Task> round)
    {
        _work = Task.Run(() => WorkAsync(connectionString, start, round));
    }

    /// <summary>Starts, and returns after the first round.</summary>
    public static async Task<RunningSession> StartAsync(
        string connectionString,
        string start,
        Func<NpgsqlConnection, int, Task> round
    )
    {
        var session = new RunningSession(connectionString, start, round);
        await session.NextRoundAsync();
        return session;
    }

    /// <summary>Returns after a round that began later than this call; throws what went wrong in one.</summary>
    public async Task NextRoundAsync()
    {
        for (var rounds = 0; rounds < 2; rounds++)
        {
            var next = Volatile.Read(ref _next).Task;
            if (await Task.WhenAny(next, _work) == _work)
            {
                await _work;
            }
        }
    }

    /// <summary>Ends it; throws what went wrong in it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _work;
        _end.Dispose();
    }

    public static async Task<long[]> ReadAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetInt64)];
    }

    private async Task WorkAsync(string connectionString, string start, Func<NpgsqlConnection, int, Task> round)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            ApplicationName = "application",
        };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        await using (var command = new NpgsqlCommand($"SET lock_timeout = '2500ms'; {start}", connection))
        {
            await command.ExecuteNonQueryAsync();
        }

        for (var number = 0; !_end.IsCancellationRequested; number++)
        {
            await round(connection, number);
            Interlocked
                .Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))
                .SetResult();
        }
    }
}
