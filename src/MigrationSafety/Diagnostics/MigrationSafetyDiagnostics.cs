using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MigrationSafety;

/// <summary>The names under which OpenTelemetry finds the rails' spans and metrics.</summary>
public static class MigrationSafetyDiagnostics
{
    /// <summary>The name of the ActivitySource and of the Meter.</summary>
    public const string SourceName = "MigrationSafety";

    private static readonly ActivitySource Source = new(SourceName);
    private static readonly Meter Meter = new(SourceName);

    internal static readonly Histogram<double> LockWaits = Meter.CreateHistogram<double>(
        "migration_safety.lock_wait.duration",
        "s",
        "Time spent waiting for a lock, the pause before the next attempt included."
    );

    internal static readonly Histogram<double> RunnerWaits = Meter.CreateHistogram<double>(
        "migration_safety.runner_wait.duration",
        "s",
        "Time spent waiting for another run on the same database."
    );

    internal static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "migration_safety.retries",
        "{retry}",
        "Transactions that were rolled back because of a lock."
    );

    internal static readonly Histogram<double> MigrationDuration = Meter.CreateHistogram<double>(
        "migration_safety.migration.duration",
        "s",
        "Time from the start of a migration to its last commit."
    );

    internal static Activity? Start(string name) => Source.StartActivity(name);
}
