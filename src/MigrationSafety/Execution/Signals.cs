using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using MigrationSafety.Diagnostics;

namespace MigrationSafety.Execution;

/// <summary>Turns Ctrl-C and SIGTERM into the cancellation of a run, for as long as it lasts.</summary>
internal sealed class Signals : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly IReadOnlyList<PosixSignalRegistration> _registrations = [];

    public Signals(bool handle, ILogger logger, CancellationToken cancellationToken)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (handle)
        {
            _registrations =
            [
                .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal =>
                    PosixSignalRegistration.Create(signal, context => Arrived(context, logger))
                ),
            ];
        }
    }

    public CancellationToken Token => _source.Token;

    /// <summary>The signal that ended the run, or null.</summary>
    public PosixSignal? Received { get; private set; }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Arrived(PosixSignalContext context, ILogger logger)
    {
        // The second one ends the process as it would have without us; but a terminal that is closed often says so twice.
        context.Cancel = Received is null || context.Signal == PosixSignal.SIGHUP;
        if (Received is null)
        {
            Received = context.Signal;
            logger.Canceling(context.Signal.ToString());
            _source.Cancel();
        }
    }
}
