using Microsoft.EntityFrameworkCore;

namespace MigrationSafety.Tests;

/// <summary>The base of contexts whose migrations stand beside the test that needs them.</summary>
public abstract class TestsContext(string connectionString, Action<MigrationSafetyOptionsBuilder>? configure = null)
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
                        .MigrationsAssembly(typeof(TestsContext).Assembly)
                        .MigrationsHistoryTable("__EFMigrationsHistory", "migrations")
            )
            // What these tests are about are the rails, not what their migrations should rather say.
            .UseMigrationSafety(safety => safety.Hazards(HazardPolicy.Ignore))
            .UseMigrationSafety(configure);
        Further?.Invoke(optionsBuilder);
    }
}
