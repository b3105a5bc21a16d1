using Npgsql;

namespace Db.Backups;

/// <summary>Says every few seconds how far a long step is, when the step itself says nothing: one table may take an hour.</summary>
internal sealed class Heartbeat : IAsyncDisposable
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <param name="look">Looks how far it is.</param>
    /// <param name="progress">Is told.</param>
    public Heartbeat(Func<CancellationToken, Task<string>> look, IProgress<string>? progress) =>
        _running = progress is null ? Task.CompletedTask : Task.Run(() => RunAsync(look, progress));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(Func<CancellationToken, Task<string>> look, IProgress<string> progress)
    {
        try
        {
            while (true)
            {
                await Task.Delay(_every, _stop.Token);
                progress.Report(await look(_stop.Token));
            }
        }
        catch (Exception e)
            when (e is OperationCanceledException or NpgsqlException or IOException or UnauthorizedAccessException)
        {
            // The step is over; or it cannot be looked at, and goes on without.
        }
    }
}
