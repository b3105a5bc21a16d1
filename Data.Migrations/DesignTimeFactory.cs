using Data.Migrations.Samples;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using MigrationSafety;
using MigrationSafety.Connections;

namespace Data.Migrations;

/// <summary>Makes the context for <c>dotnet ef</c> and for the bundle. Needs no server: it also runs when the bundle is built.</summary>
public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<AppDbContext>
{
    /// <inheritdoc />
    public AppDbContext CreateDbContext(string[] args)
    {
        // The database is looked up when a connection is wanted: by then EF Core has handed over --connection, and building a
        // bundle never asks.
        var options = new DbContextOptionsBuilder<AppDbContext>();
        options.AddInterceptors(ConnectionStringInterceptor.FromEnvironment());
        return Create(options, connectionString: null, args);
    }

    /// <summary>Makes the context that migrates one database, on the same rails as the tools' own.</summary>
    /// <param name="connectionString">The database, in Npgsql's key-value form.</param>
    /// <param name="args">What would stand after <c>--</c>.</param>
    public static AppDbContext CreateFor(string connectionString, params string[] args) =>
        Create(new DbContextOptionsBuilder<AppDbContext>(), connectionString, args);

    /// <summary>As <see cref="CreateFor(string, string[])"/>, with options of the caller's own.</summary>
    /// <param name="connectionString">The database, in Npgsql's key-value form.</param>
    /// <param name="configure">Called last.</param>
    public static AppDbContext CreateFor(string connectionString, Action<DbContextOptionsBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Create(new DbContextOptionsBuilder<AppDbContext>(), connectionString, [], configure);
    }

    private static AppDbContext Create(
        DbContextOptionsBuilder<AppDbContext> options,
        string? connectionString,
        string[] args,
        Action<DbContextOptionsBuilder>? configure = null
    )
    {
        var arguments = MigrationSafetyArguments.Parse(args, SampleData.Argument);
        options.UseAppDatabase(connectionString);
        options.UseMigrationSafety(safety => safety.UseArguments(arguments));
        if (arguments.Others.Contains(SampleData.Argument))
        {
            options.UseMigrationSafety(safety =>
                safety.RefuseWhen(connection => SampleData.RefusedBy(connection, Environment.GetEnvironmentVariable))
            );
            options.UseSampleData();
        }
        else if (ModelCheck.WasMadeAtBuild)
        {
            // Each migration brings the model it was made for. Building the application's own as well, only to compare it once more,
            // is the largest part of a run with nothing to do.
            options.UseModel(new ModelBuilder().FinalizeModel());
        }

        configure?.Invoke(options);
        return new AppDbContext(options.Options);
    }
}
