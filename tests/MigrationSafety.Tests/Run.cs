using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Xunit;

namespace MigrationSafety.Tests;

/// <summary>Starts a run as applications (asynchronously) or bundles and dotnet ef (synchronously) do.</summary>
internal static class Run
{
    public static async Task MigrateAsync(DbContext context, bool async, string? target = null)
    {
        var migrator = context.GetService<IMigrator>();
        if (async)
        {
            await migrator.MigrateAsync(target, TestContext.Current.CancellationToken);
        }
        else
        {
            migrator.Migrate(target);
        }
    }
}
