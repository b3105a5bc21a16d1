using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Logging;

namespace MigrationSafety.Diagnostics;

/// <summary>
/// Logs where EF Core logs: to the logger factory, which dotnet ef and bundles listen to, and to <c>LogTo</c>, which listens to EF
/// Core's own events only.
/// </summary>
internal sealed class RunLogger(IDiagnosticsLogger<DbLoggerCategory.Migrations> diagnostics) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => diagnostics.Logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        diagnostics.Logger.Log(logLevel, eventId, state, exception, formatter);
        if (diagnostics.DbContextLogger.ShouldLog(eventId, logLevel))
        {
            var text = formatter(state, exception);
            diagnostics.DbContextLogger.Log(
                new EventData(new Definition(diagnostics.Options, eventId, logLevel), (_, _) => text)
            );
        }
    }

    private sealed class Definition(ILoggingOptions options, EventId eventId, LogLevel level)
        : EventDefinitionBase(options, eventId, level, $"{nameof(MigrationSafetyEventId)}.{eventId.Name}");
}
