namespace Db;

/// <summary>What the process's exit code says, the same for every command.</summary>
internal static class ExitCode
{
    /// <summary>Everything is as expected.</summary>
    public const int AsExpected = 0;

    /// <summary>Something differs from what is expected, or was refused.</summary>
    public const int DiffersOrRefused = 1;

    /// <summary>The command could not run: no server, no privilege, wrong arguments.</summary>
    public const int CouldNotRun = 2;

    /// <summary>Ended by Ctrl-C, SIGTERM or SIGHUP: 128 + SIGINT, as shells count.</summary>
    public const int Cancelled = 130;

    /// <summary>A command's own word for <see cref="Cancelled"/>, where it has said by itself how things stand.</summary>
    public const int CancelledAndSaid = -Cancelled;
}
