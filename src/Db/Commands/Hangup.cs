using System.Runtime.InteropServices;

namespace Db.Commands;

/// <summary>
/// Ends a command in order when its terminal is gone: the connection to the machine was lost, or a window was closed. System.CommandLine does
/// so for Ctrl-C and SIGTERM alone.
/// </summary>
internal sealed class Hangup : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _registration;

    public Hangup() =>
        _registration = PosixSignalRegistration.Create(
            PosixSignal.SIGHUP,
            context =>
            {
                // Each time: the shell and the kernel send one each.
                context.Cancel = true;
                _source.Cancel();
            }
        );

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _registration.Dispose();
        _source.Dispose();
    }
}
