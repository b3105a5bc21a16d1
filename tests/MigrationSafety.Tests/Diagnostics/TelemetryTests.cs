using System.Diagnostics;
using MigrationSafety.TestMigrations;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Xunit;

namespace MigrationSafety.Tests.Diagnostics;

public class TelemetryTests(PostgresServer postgres)
{
    [Fact]
    public async Task Runs_migrations_and_commands_are_spans_and_durations_are_metrics()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var spans = new List<Activity>();
        var metrics = new List<Metric>();
        using var parent = new Activity("this test") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start();
        using (
            var meters = Sdk.CreateMeterProviderBuilder()
                .AddMeter(MigrationSafetyDiagnostics.SourceName)
                .AddInMemoryExporter(metrics)
                .Build()
        )
        using (
            var traces = Sdk.CreateTracerProviderBuilder()
                .AddSource(MigrationSafetyDiagnostics.SourceName)
                .AddInMemoryExporter(spans)
                .Build()
        )
        {
            await using var context = new PlainContext(database.ConnectionString);
            await Run.MigrateAsync(context, async: true);
            traces.ForceFlush();
            meters.ForceFlush();
        }

        // Other tests run at the same time; the trace is ours alone.
        var ours = spans.Where(span => span.TraceId == parent.TraceId).Select(span => span.DisplayName).ToList();
        Assert.Single(ours, "migrate");
        Assert.Single(ours, "wait for runner");
        Assert.Single(ours, "migration 20260102000000_Author");
        Assert.Equal(7, ours.Count(name => name == "command"));
        Assert.Contains(metrics, metric => metric.Name == "migration_safety.migration.duration");
    }
}
