using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Npgsql.EntityFrameworkCore.PostgreSQL.Migrations;

namespace MigrationSafety.Rewriting;

/// <summary>Puts <see cref="OnlineMigrationsSqlGenerator"/> in the place of Npgsql's generator.</summary>
internal static class OnlineGenerator
{
    public static void Register(IServiceCollection services)
    {
        var generators = services.Where(service => service.ServiceType == typeof(IMigrationsSqlGenerator)).ToList();
        // One that derives from ours has the rewrites already.
        if (
            generators is [{ ImplementationType: { } found }]
            && found.IsAssignableTo(typeof(OnlineMigrationsSqlGenerator))
        )
        {
            return;
        }

        if (generators is not [{ ImplementationType: { } type }] || type != typeof(NpgsqlMigrationsSqlGenerator))
        {
            throw new InvalidOperationException(
                "UseMigrationSafety() found an IMigrationsSqlGenerator that is not Npgsql's own, and would take its place. Call "
                    + "UseMigrationSafety() right after UseNpgsql(), and derive the other generator from "
                    + $"{nameof(OnlineMigrationsSqlGenerator)}."
            );
        }

        services.Remove(generators[0]);
        services.AddScoped<IMigrationsSqlGenerator, OnlineMigrationsSqlGenerator>();
    }
}
