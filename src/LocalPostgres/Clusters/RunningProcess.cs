using System.ComponentModel;
using System.Diagnostics;

namespace LocalPostgres.Clusters;

/// <summary>Tells a process from a later one that was given the same number.</summary>
internal static class RunningProcess
{
    /// <param name="processId">Its number.</param>
    /// <param name="started">When it was seen to start.</param>
    /// <param name="tolerance">How far two readings of the same start may lie apart.</param>
    public static bool Is(int processId, DateTimeOffset started, TimeSpan tolerance)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited
                && (process.StartTime.ToUniversalTime() - started.UtcDateTime).Duration() <= tolerance;
        }
        catch (ArgumentException)
        {
            return false; // no such process
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
        {
            // Ended while we looked, or another account's: then only its number speaks, and caution is to believe it.
            return exception is Win32Exception;
        }
    }
}
