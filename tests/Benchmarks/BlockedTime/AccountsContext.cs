using Microsoft.EntityFrameworkCore;

namespace Benchmarks.BlockedTime;

/// <summary>Ordinary EF Core migrations, with the rails or without.</summary>
internal sealed class AccountsContext(string connectionString, bool online) : DbContext
{
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder)
    {
        optionsBuilder.UseNpgsql(
            connectionString,
            // Plain EF Core would give up after 30 s, in the middle of its lock.
            npgsql => npgsql.MigrationsAssembly(typeof(AccountsContext).Assembly).CommandTimeout(online ? 30 : 900)
        );
        if (online)
        {
            optionsBuilder.UseMigrationSafety();
        }
    }
}
