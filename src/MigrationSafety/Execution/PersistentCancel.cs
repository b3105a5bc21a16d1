using MigrationSafety.Locking;
using Npgsql;

namespace MigrationSafety.Execution;

/// <summary>
/// From the cancellation of a token to the end of the statement that runs: asks the server again and again to cancel it.
/// </summary>
/// <remarks>
/// Asked once, just before the statement is sent, nothing would be cancelled, and the statement would run for as long as it takes.
/// Npgsql sends one request for each statement; where that one was too early, the server is asked from another session.
/// </remarks>
internal sealed class PersistentCancel : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);
    private const int TicksBeforeAnotherSession = 10;

    private readonly RunningCommand _running;
    private readonly NpgsqlConnection _connection;
    private readonly CancellationTokenRegistration _registration;
    private readonly Lock _one = new();
    private Timer? _timer;
    private int _ticks;
    private bool _over;

    public PersistentCancel(RunningCommand running, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        (_running, _connection) = (running, connection);
        _registration = cancellationToken.Register(Start);
    }

    /// <summary>The statement has ended. No request is under way any more that could meet the next one.</summary>
    public void Dispose()
    {
        _registration.Dispose();
        lock (_one)
        {
            _over = true;
            _timer?.Dispose();
        }
    }

    private void Start()
    {
        lock (_one)
        {
            _timer ??= new Timer(_ => Ask(), null, TimeSpan.Zero, Every);
        }
    }

    private void Ask()
    {
        // A slow request must not pile up others behind it.
        if (!_one.TryEnter())
        {
            return;
        }

        try
        {
            if (_over)
            {
                return;
            }

            _running.Cancel();
            if (++_ticks % TicksBeforeAnotherSession == 0)
            {
                AskFromAnotherSession();
            }
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or TimeoutException or IOException)
        {
            // Asked again at the next tick.
        }
        finally
        {
            _one.Exit();
        }
    }

    private void AskFromAnotherSession()
    {
        // On a thread of the pool: there is no context that it could block.
        using var observer = ObserverConnection.OpenAsync(_connection, CancellationToken.None).GetAwaiter().GetResult();
        using var command = new NpgsqlCommand("SELECT pg_cancel_backend($1)", observer);
        command.Parameters.Add(new NpgsqlParameter { Value = _connection.ProcessID });
        command.ExecuteNonQuery();
    }
}
