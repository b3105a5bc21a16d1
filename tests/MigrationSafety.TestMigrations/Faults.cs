using System.Diagnostics;
using System.Globalization;

namespace MigrationSafety.TestMigrations;

/// <summary>
/// Faults at the boundaries of the statements a run sends: before and after each one, the rails' own included. Npgsql's activities mark
/// the boundaries, so nothing in the code under test knows of them.
/// </summary>
public static class Faults
{
    /// <summary>Set to a boundary's number, it makes the process kill itself (SIGKILL) there.</summary>
    public const string Variable = "KILL_AT_BOUNDARY";

    public static void FromEnvironment()
    {
        if (int.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out var boundary))
        {
            _ = At(boundary, () => Process.GetCurrentProcess().Kill());
        }
    }

    /// <summary>Counts boundaries, and does something at one of them. Dispose it to stop.</summary>
    public static FaultAt At(int boundary, Action fault) => new(boundary, fault);
}

/// <summary>One fault, waiting for its boundary.</summary>
public sealed class FaultAt : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly int _boundary;
    private readonly Action _fault;
    private readonly AsyncLocal<bool> _ours = new() { Value = true };
    private int _passed;
    private bool _faulting;

    internal FaultAt(int boundary, Action fault)
    {
        (_boundary, _fault) = (boundary, fault);
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = Pass,
            ActivityStopped = Pass,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>How many boundaries were passed, the fault's own statements apart.</summary>
    public int Passed => _passed;

    public void Dispose() => _listener.Dispose();

    private void Pass(Activity activity)
    {
        // Other tests run in the same process, and a session that only looks on is none of the run's. Before CONNECT there is nothing
        // that could be hit.
        if (!_ours.Value || _faulting || activity.DisplayName.StartsWith("CONNECT", StringComparison.Ordinal))
        {
            return;
        }

        if (Interlocked.Increment(ref _passed) == _boundary)
        {
            _faulting = true;
            _fault();
            _faulting = false;
        }
    }
}
