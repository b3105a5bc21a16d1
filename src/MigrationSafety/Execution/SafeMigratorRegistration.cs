using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using MigrationSafety.Connections;
using MigrationSafety.Rewriting;

namespace MigrationSafety.Execution;

/// <summary>Puts <see cref="SafeMigrator"/> in the place of the provider's migrator. Also the mark that this was done.</summary>
internal sealed class SafeMigratorRegistration
{
    public static void Register(IServiceCollection services)
    {
        // Extensions register their services in the order in which the options name them. Before UseNpgsql there is no migrator to
        // take the place of, and UseNpgsql would put its own over ours without a word.
        var migrators = services.Where(service => service.ServiceType == typeof(IMigrator)).ToList();
        if (
            migrators is not [{ ImplementationType: { } inner }]
            || services.All(s => s.ServiceType != typeof(IHistoryRepository))
        )
        {
            throw new InvalidOperationException(
                migrators.Count == 0
                    ? "UseMigrationSafety() must be called after UseNpgsql(): called before it, migrations would run without lock, "
                        + "time-outs and guards. Write optionsBuilder.UseNpgsql(…).UseMigrationSafety()."
                    : "UseMigrationSafety() found a migrator that is not the provider's own, so migrations would run without lock, "
                        + "time-outs and guards. Call it right after UseNpgsql(), before other extensions that replace IMigrator."
            );
        }

        OnlineGenerator.Register(services);
        services.Remove(migrators[0]);
        services.AddSingleton<SafeMigratorRegistration>();
        services.AddScoped<RunningCommand>();
        services.AddScoped<IInterceptor>(provider => provider.GetRequiredService<RunningCommand>());
        services.AddSingleton<IInterceptor, ConnectionStringInterceptor>();
        services.AddSingleton<IInterceptor, AtomicBodyInterceptor>();
        services.AddScoped<MigrationCode>();
        services.AddScoped<MigrationPlanner>();
        services.AddScoped<MigrationRun>();
        services.AddScoped<AppliedRecording>();
        services.AddScoped<IMigrator>(provider => new SafeMigrator(
            (IMigrator)ActivatorUtilities.CreateInstance(provider, inner),
            provider.GetRequiredService<MigrationRun>(),
            provider.GetRequiredService<Microsoft.EntityFrameworkCore.Infrastructure.IDbContextOptions>()
        ));
    }
}
