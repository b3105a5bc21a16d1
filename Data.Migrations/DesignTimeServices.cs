using Microsoft.EntityFrameworkCore.Design;
using Microsoft.Extensions.DependencyInjection;
using MigrationSafety.DesignTime;

namespace Data.Migrations;

/// <summary>
/// Found by <c>dotnet ef</c> in the start-up project: says the hazards of each new migration, and writes the row-level security of a
/// new table beside it.
/// </summary>
public sealed class DesignTimeServices : IDesignTimeServices
{
    /// <inheritdoc />
    public void ConfigureDesignTimeServices(IServiceCollection serviceCollection) =>
        serviceCollection.AddMigrationReview<NewTableSql>();
}
