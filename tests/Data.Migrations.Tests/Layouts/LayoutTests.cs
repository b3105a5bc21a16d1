using Data.Access;
using Data.Entities;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Schema;

namespace Data.Migrations.Tests.Layouts;

/// <summary>The same database comes out wherever it is made and whoever makes it.</summary>
public sealed class LayoutTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Layouts => Layout.All;

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task Leads_to_the_committed_snapshot_and_back(string layout)
    {
        await using var server = await ThrowAwayServer.StartAsync(new() { Exclusive = true }, Cancellation);
        var connectionString = await Layout.PrepareAsync(server, layout);
        var before = await CatalogsAsync(connectionString);

        await using var context = DesignTimeFactory.CreateFor(connectionString, "--allow-data-loss");
        await context.Database.MigrateAsync(Cancellation);
        var made = await SchemaSnapshot.ReadAsync(connectionString, ExpectedSchema.Scope, Cancellation);
        Assert.Empty(ExpectedSchema.Read().Compare(made));

        await context.GetService<IMigrator>().MigrateAsync(Migration.InitialDatabase, Cancellation);
        Assert.Equal(before, await CatalogsAsync(connectionString));
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task Whoever_migrated_may_act_as_each_persona(string layout)
    {
        await using var server = await ThrowAwayServer.StartAsync(new() { Exclusive = true }, Cancellation);
        var connectionString = await Layout.PrepareAsync(server, layout);
        await using (var context = DesignTimeFactory.CreateFor(connectionString))
        {
            await context.Database.MigrateAsync(Cancellation);
        }

        await using var application = DesignTimeFactory.CreateFor(connectionString);
        await application.AsServiceAsync(
            async token =>
            {
                application.AddRange(
                    new User { Id = "anna", Email = "anna@example.test" },
                    new User { Id = "ben", Email = "ben@example.test" }
                );
                await application.SaveChangesAsync(token);
                Assert.Equal(2, await application.Users.CountAsync(token));
            },
            Cancellation
        );
        await application.AsUserAsync(
            "anna",
            async token => Assert.Equal(["anna"], await application.Users.Select(user => user.Id).ToListAsync(token)),
            Cancellation
        );
        await application.AsAnonymousAsync(
            async token => Assert.Empty(await application.UserMetas.ToListAsync(token)),
            Cancellation
        );
    }

    private static async Task<string> CatalogsAsync(string connectionString)
    {
        var everything = ExpectedSchema.Scope with
        {
            Schemas = ["app_private", "extensions", "public"],
            Extensions = null,
            DefaultPrivileges = true,
        };
        return (await SchemaSnapshot.ReadAsync(connectionString, everything, Cancellation)).ToText();
    }
}
