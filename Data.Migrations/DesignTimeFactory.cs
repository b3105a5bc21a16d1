using Data.Migrations.Samples;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using MigrationSafety.Connections;

namespace Data.Migrations;

/// <summary>Makes the context for <c>dotnet ef</c> and for the bundle. Needs no server: it also runs when the bundle is built.</summary>
public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<AppDbContext>
{
    /// <inheritdoc />
    public AppDbContext CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<AppDbContext>();
        // The database is looked up when a connection is wanted: by then EF Core has handed over --connection, and building a
        // bundle never asks.
        options.UseAppDatabase(connectionString: null);
        options.AddInterceptors(ConnectionStringInterceptor.FromEnvironment());
        if (args.Contains(SampleData.Argument))
        {
            options.UseSampleData();
        }

        return new AppDbContext(options.Options);
    }
}
