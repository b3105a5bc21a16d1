using System.Globalization;
using LocalPostgres.Choosing;

namespace LocalPostgres.Clusters;

/// <summary>A server's own account of itself: the lines of <c>postmaster.pid</c> that matter here.</summary>
/// <param name="ProcessId">The postmaster's process.</param>
/// <param name="Started">When it started, to the second.</param>
/// <param name="Port">The port it listens at; 0 until it is known.</param>
/// <param name="IsReady">It accepts connections.</param>
internal sealed record PidFile(int ProcessId, DateTimeOffset Started, int Port, bool IsReady)
{
    public static PidFile? Read(string path)
    {
        string[] lines;
        try
        {
            using var reader = new StreamReader(
                new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
            );
            lines = reader.ReadToEnd().Split('\n', StringSplitOptions.TrimEntries);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        // Written line by line as the server starts: pid, data directory, start time, port, socket directory,
        // address, shared memory, state.
        if (lines.Length < 3 || !int.TryParse(lines[0], CultureInfo.InvariantCulture, out var pid))
            return null;
        _ = long.TryParse(lines[2], CultureInfo.InvariantCulture, out var started);
        var port = 0;
        if (lines.Length > 3)
            _ = int.TryParse(lines[3], CultureInfo.InvariantCulture, out port);
        return new PidFile(
            pid,
            DateTimeOffset.FromUnixTimeSeconds(started),
            port,
            lines.Length > 7 && lines[7] == "ready"
        );
    }

    /// <summary>The postmaster lives: a process of that number, started at that time, is there.</summary>
    public bool IsAlive => ProcessMark.IsRunning(ProcessId, Started);
}
