using Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Data.Migrations;

/// <summary>Makes the context for <c>dotnet ef</c> and for the bundle. Needs no server: it also runs when the bundle is built.</summary>
public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<AppDbContext>
{
    /// <inheritdoc />
    public AppDbContext CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<AppDbContext>();
        options.UseAppDatabase(Environment.GetEnvironmentVariable("MIGRATE_DATABASE_URL"));
        return new AppDbContext(options.Options);
    }
}
