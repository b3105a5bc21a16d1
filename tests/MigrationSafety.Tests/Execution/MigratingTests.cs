using Microsoft.EntityFrameworkCore;
using MigrationSafety.TestMigrations;
using Xunit;

namespace MigrationSafety.Tests.Execution;

public class MigratingTests(PostgresServer postgres)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Migrations_are_applied_reverted_and_applied_again(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new MixedContext(database.ConnectionString, o => o.AllowDataLoss());

        await Run.MigrateAsync(context, async);
        var applied = await Catalogs.ReadAsync(database.ConnectionString);
        await Run.MigrateAsync(context, async, "0");
        Assert.Empty(await context.Database.GetAppliedMigrationsAsync(TestContext.Current.CancellationToken));
        await Run.MigrateAsync(context, async);

        Assert.Equal(applied, await Catalogs.ReadAsync(database.ConnectionString));
        Assert.Equal(
            5,
            (await context.Database.GetAppliedMigrationsAsync(TestContext.Current.CancellationToken)).Count()
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_with_nothing_to_do_changes_nothing(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await Run.MigrateAsync(context, async);
        var before = await Catalogs.ReadAsync(database.ConnectionString);

        await Run.MigrateAsync(context, async);

        Assert.Equal(before, await Catalogs.ReadAsync(database.ConnectionString));
    }
}
