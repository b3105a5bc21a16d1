using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace LocalPostgres.Choosing;

/// <summary>
/// Says which process made something, in a form that can be written on it: <c>machine/number/start</c>. The start, in
/// milliseconds since 1970, tells it from a later process that was given the same number.
/// </summary>
internal sealed record ProcessMark(string Machine, int ProcessId, DateTimeOffset Started)
{
    // Linux counts a process's start from the machine's, and two readings of that may lie a moment apart.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    public static ProcessMark OfThisProcess { get; } = ReadThisProcess();

    /// <summary>
    /// The process is known to have gone. Another machine's processes are for that machine to judge: containers and
    /// databases may be seen by several.
    /// </summary>
    public bool HasGone => Machine == Environment.MachineName && !IsRunning(ProcessId, Started);

    public static ProcessMark? Parse(string? text) =>
        text?.Split('/') is [var machine, var process, var started]
        && int.TryParse(process, CultureInfo.InvariantCulture, out var processId)
        && long.TryParse(started, CultureInfo.InvariantCulture, out var milliseconds)
            ? new ProcessMark(machine, processId, DateTimeOffset.FromUnixTimeMilliseconds(milliseconds))
            : null;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Machine}/{ProcessId}/{Started.ToUnixTimeMilliseconds()}");

    /// <summary>A process of that number, which started then, is running.</summary>
    public static bool IsRunning(int processId, DateTimeOffset started)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited
                && !IsZombie(processId)
                && (process.StartTime.ToUniversalTime() - started.UtcDateTime).Duration() <= Tolerance;
        }
        catch (ArgumentException)
        {
            return false; // no such process
        }
        catch (InvalidOperationException)
        {
            return false; // it ended while we looked
        }
        catch (Win32Exception)
        {
            return true; // another account's, of which only the number is to be had: caution is to believe it
        }
    }

    // It has ended, and its number stays until its parent asks for it: in a container without an init, for ever.
    private static bool IsZombie(int processId)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            // "1234 (name) Z 1 …", and a name may hold anything
            var stat = File.ReadAllText($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/stat");
            return stat.AsSpan(stat.LastIndexOf(')') + 1).TrimStart().StartsWith("Z");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static ProcessMark ReadThisProcess()
    {
        using var process = Process.GetCurrentProcess();
        return new ProcessMark(Environment.MachineName, process.Id, process.StartTime.ToUniversalTime());
    }
}
