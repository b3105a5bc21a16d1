namespace Db;

/// <summary>Ended by Ctrl-C, SIGTERM or SIGHUP where something is left that has to be told. Exit code 130; the message is complete.</summary>
internal sealed class InterruptedException(string message, CancellationToken ct)
    : OperationCanceledException(message, ct);
