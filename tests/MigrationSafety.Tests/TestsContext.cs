using Microsoft.EntityFrameworkCore;

namespace MigrationSafety.Tests;

/// <summary>The base of contexts whose migrations stand beside the test that needs them.</summary>
public abstract class TestsContext(string connectionString, Action<MigrationSafetyOptionsBuilder>? configure = null)
    : DbContext
{
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) =>
        optionsBuilder
            .UseNpgsql(
                connectionString,
                npgsql =>
                    npgsql
                        .MigrationsAssembly(typeof(TestsContext).Assembly)
                        .MigrationsHistoryTable("__EFMigrationsHistory", "migrations")
            )
            .UseMigrationSafety(configure);
}
