using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace MigrationSafety.TestMigrations;

/// <summary>A context without entities: what it migrates is written in its migrations.</summary>
public abstract class RailsContext(string connectionString, Action<MigrationSafetyOptionsBuilder>? configure)
    : DbContext
{
    /// <summary>Further options, set by a test before the context is used.</summary>
    public Action<DbContextOptionsBuilder>? Further { get; init; }

    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder)
    {
        optionsBuilder
            .UseNpgsql(
                connectionString,
                npgsql =>
                    npgsql
                        .MigrationsAssembly(typeof(RailsContext).Assembly)
                        .MigrationsHistoryTable("__EFMigrationsHistory", "migrations")
                        // On another server than the oldest one, what only that one can do.
                        .SetPostgresVersion(
                            Environment.GetEnvironmentVariable("LOCAL_POSTGRES_VERSION") is { } version
                                ? new Version(int.Parse(version, CultureInfo.InvariantCulture), 0)
                                : null
                        )
            )
            // What these tests are about are the rails, not what their migrations should rather say.
            .UseMigrationSafety(safety => safety.Hazards(HazardPolicy.Ignore))
            .UseMigrationSafety(configure);
        Further?.Invoke(optionsBuilder);
    }
}
