using Microsoft.EntityFrameworkCore.Migrations.Design;
using Microsoft.Extensions.DependencyInjection;

namespace MigrationSafety.DesignTime;

/// <summary>Registers what <c>dotnet ef migrations add</c> does beyond EF Core's own.</summary>
public static class MigrationSafetyDesignTimeExtensions
{
    /// <summary>
    /// Says the hazards of each migration that <c>dotnet ef migrations add</c> writes. To be called by the start-up project's
    /// <see cref="Microsoft.EntityFrameworkCore.Design.IDesignTimeServices"/>.
    /// </summary>
    /// <param name="services">The design-time services.</param>
    public static IServiceCollection AddMigrationReview(this IServiceCollection services) =>
        services
            .AddSingleton<ScaffoldedChanges>()
            .AddSingleton<ICSharpMigrationOperationGenerator, ScaffoldedOperationGenerator>()
            .AddSingleton<IMigrationsCodeGenerator, ScaffoldedMigrationGenerator>()
            .AddScoped<IMigrationsScaffolder, ReviewingScaffolder>();

    /// <summary>As <see cref="AddMigrationReview"/>, and writes SQL beside each new table.</summary>
    /// <typeparam name="TNewTableSql">Which SQL.</typeparam>
    /// <param name="services">The design-time services.</param>
    public static IServiceCollection AddMigrationReview<TNewTableSql>(this IServiceCollection services)
        where TNewTableSql : class, INewTableSql =>
        services.AddMigrationReview().AddSingleton<INewTableSql, TNewTableSql>();
}
