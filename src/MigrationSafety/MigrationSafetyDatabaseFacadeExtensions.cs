using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using MigrationSafety;
using MigrationSafety.Execution;
using Npgsql;

namespace Microsoft.EntityFrameworkCore;

/// <summary>What the rails do besides running migrations.</summary>
public static class MigrationSafetyDatabaseFacadeExtensions
{
    /// <summary>
    /// Records migrations as applied that a database was found to have already: in EF Core's history and, with their checksums, in the
    /// rails' journal, in one transaction and under the lock that keeps every other run away. None of their SQL is run.
    /// </summary>
    /// <param name="database">Of a context with <c>UseMigrationSafety()</c>.</param>
    /// <param name="decide">
    /// Asked under the lock, outside of any transaction, with the context's own open connection: what to record, or null for nothing.
    /// </param>
    /// <param name="ct">Ends the work; nothing is kept.</param>
    /// <exception cref="MigrationRefusedException">The server takes no migrations, or another run holds the lock for too long.</exception>
    /// <exception cref="InvalidOperationException">The context is not on the rails, or an id is no migration of it.</exception>
    public static Task RecordAppliedMigrationsAsync(
        this DatabaseFacade database,
        Func<NpgsqlConnection, CancellationToken, Task<MigrationsToRecord?>> decide,
        CancellationToken ct = default
    )
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(decide);
        var recording =
            ((IInfrastructure<IServiceProvider>)database).Instance.GetService<AppliedRecording>()
            ?? throw new InvalidOperationException(
                "The context is not on the rails. Write optionsBuilder.UseNpgsql(…).UseMigrationSafety()."
            );
        return recording.RecordAsync(decide, ct);
    }
}
