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

    /// <summary>How many boundaries were passed.</summary>
    public int Passed => _passed;

    public void Dispose() => _listener.Dispose();

    private void Pass(Activity activity)
    {
        // Other tests run in the same process; and the session that watches for locks is not the one that may be hit.
        if (
            !_ours.Value
            || activity.TagObjects.Any(tag =>
                tag.Value is string text && text.Contains("pg_blocking_pids", StringComparison.Ordinal)
            )
        )
        {
            return;
        }

        if (Interlocked.Increment(ref _passed) == _boundary)
        {
            _fault();
        }
    }
}
