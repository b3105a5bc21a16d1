using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Logging;
using MigrationSafety;
using MigrationSafety.Options.Internal;

// The namespace of UseNpgsql, so that whoever finds the one finds the other.
namespace Microsoft.EntityFrameworkCore;

/// <summary>Puts EF Core's migrations on rails.</summary>
public static class MigrationSafetyDbContextOptionsBuilderExtensions
{
    /// <summary>
    /// Makes <c>dotnet ef database update</c>, migration bundles, <c>Database.Migrate()</c> and <c>MigrateAsync()</c> safe on a
    /// production database. Call it after <c>UseNpgsql</c>.
    /// </summary>
    /// <param name="optionsBuilder">The context's options.</param>
    /// <param name="configure">Sets options; the defaults are safe.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">When the context is first used, if the rails could not be put in force.</exception>
    public static DbContextOptionsBuilder UseMigrationSafety(
        this DbContextOptionsBuilder optionsBuilder,
        Action<MigrationSafetyOptionsBuilder>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(optionsBuilder);
        var extension =
            optionsBuilder.Options.FindExtension<MigrationSafetyOptionsExtension>()
            ?? new MigrationSafetyOptionsExtension();
        var builder = new MigrationSafetyOptionsBuilder(extension.Options);
        configure?.Invoke(builder);
        ((IDbContextOptionsBuilderInfrastructure)optionsBuilder).AddOrUpdateExtension(
            extension.WithOptions(builder.Options)
        );

        // The tools print every Error of the log before the message of the failure itself. The rails' message says more than
        // "Failed executing DbCommand", and a lock time-out that is tried again is no error at all; -v still shows them.
        if (EF.IsDesignTime)
        {
            optionsBuilder.ConfigureWarnings(warnings =>
                warnings.Log(
                    (RelationalEventId.CommandError, LogLevel.Debug),
                    (RelationalEventId.ConnectionError, LogLevel.Debug),
                    (RelationalEventId.TransactionError, LogLevel.Debug)
                )
            );
        }

        return optionsBuilder;
    }

    /// <inheritdoc cref="UseMigrationSafety(DbContextOptionsBuilder, Action{MigrationSafetyOptionsBuilder}?)"/>
    /// <typeparam name="TContext">The context's type.</typeparam>
    public static DbContextOptionsBuilder<TContext> UseMigrationSafety<TContext>(
        this DbContextOptionsBuilder<TContext> optionsBuilder,
        Action<MigrationSafetyOptionsBuilder>? configure = null
    )
        where TContext : DbContext =>
        (DbContextOptionsBuilder<TContext>)UseMigrationSafety((DbContextOptionsBuilder)optionsBuilder, configure);
}
