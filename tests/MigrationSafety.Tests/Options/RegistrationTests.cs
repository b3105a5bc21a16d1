using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using MigrationSafety.TestMigrations;
using Xunit;

namespace MigrationSafety.Tests.Options;

public class RegistrationTests
{
    private sealed class Context(DbContextOptions options) : DbContext(options);

    [Fact]
    public void After_UseNpgsql_the_rails_are_in_force()
    {
        using var context = new Context(
            new DbContextOptionsBuilder().UseNpgsql("Host=nowhere.invalid").UseMigrationSafety().Options
        );

        Assert.Equal("SafeMigrator", context.GetService<IMigrator>().GetType().Name);
    }

    [Fact]
    public void Before_UseNpgsql_they_would_not_be_and_the_context_says_so()
    {
        var options = new DbContextOptionsBuilder().UseMigrationSafety().UseNpgsql("Host=nowhere.invalid").Options;

        Assert.Equal(
            "UseMigrationSafety() must be called after UseNpgsql(): called before it, migrations would run without lock, time-outs and "
                + "guards. Write optionsBuilder.UseNpgsql(…).UseMigrationSafety().",
            Refusal(options)
        );
    }

    [Fact]
    public void Without_a_provider_the_context_says_so()
    {
        var options = new DbContextOptionsBuilder().UseMigrationSafety().Options;

        Assert.StartsWith(
            "UseMigrationSafety() must be called after UseNpgsql()",
            Refusal(options),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_migrator_put_in_their_place_is_refused_in_either_order(bool replaceFirst)
    {
        var builder = new DbContextOptionsBuilder().UseNpgsql("Host=nowhere.invalid");
        builder = replaceFirst
            ? builder.ReplaceService<IMigrator, OtherMigrator>().UseMigrationSafety()
            : builder.UseMigrationSafety().ReplaceService<IMigrator, OtherMigrator>();
        var options = builder.Options;

        Assert.StartsWith(
            "ReplaceService<IMigrator, …>() takes the place of UseMigrationSafety()'s own IMigrator",
            Refusal(options),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void After_UseNpgsql_the_online_generator_is_in_force()
    {
        using var context = new Context(
            new DbContextOptionsBuilder().UseNpgsql("Host=nowhere.invalid").UseMigrationSafety().Options
        );

        Assert.IsType<OnlineMigrationsSqlGenerator>(context.GetService<IMigrationsSqlGenerator>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_generator_put_in_its_place_is_refused_in_either_order(bool replaceFirst)
    {
        Assert.Equal(
            "ReplaceService<IMigrationsSqlGenerator, OtherGenerator>() takes the place of UseMigrationSafety()'s own "
                + "IMigrationsSqlGenerator: migrations would lock tables while they build indexes and look at rows. Derive OtherGenerator "
                + "from OnlineMigrationsSqlGenerator, or turn rewriting off: UseMigrationSafety(o => o.OnlineRewrites(false)).",
            Refusal(Replaced<OtherGenerator>(replaceFirst, rewrites: true))
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_that_derives_from_it_or_without_rewrites_any_is_taken(bool replaceFirst)
    {
        using var derived = new Context(Replaced<DerivedGenerator>(replaceFirst, rewrites: true));
        using var other = new Context(Replaced<OtherGenerator>(replaceFirst, rewrites: false));

        Assert.IsType<DerivedGenerator>(derived.GetService<IMigrationsSqlGenerator>());
        Assert.IsType<OtherGenerator>(other.GetService<IMigrationsSqlGenerator>());
    }

    private static DbContextOptions Replaced<TGenerator>(bool replaceFirst, bool rewrites)
        where TGenerator : IMigrationsSqlGenerator
    {
        var builder = new DbContextOptionsBuilder().UseNpgsql("Host=nowhere.invalid");
        return (
            replaceFirst
                ? builder
                    .ReplaceService<IMigrationsSqlGenerator, TGenerator>()
                    .UseMigrationSafety(o => o.OnlineRewrites(rewrites))
                : builder
                    .UseMigrationSafety(o => o.OnlineRewrites(rewrites))
                    .ReplaceService<IMigrationsSqlGenerator, TGenerator>()
        ).Options;
    }

    [Fact]
    public void An_internal_service_provider_without_them_is_refused()
    {
        using var provider = new ServiceCollection().AddEntityFrameworkNpgsql().BuildServiceProvider();
        var options = new DbContextOptionsBuilder()
            .UseNpgsql("Host=nowhere.invalid")
            .UseMigrationSafety()
            .UseInternalServiceProvider(provider)
            .Options;

        Assert.StartsWith(
            "UseInternalServiceProvider() was given a provider without the services of UseMigrationSafety()",
            Refusal(options),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Contexts_with_other_options_share_one_service_provider_and_keep_their_own_options()
    {
        using var one = new Context(
            new DbContextOptionsBuilder()
                .UseNpgsql("Host=nowhere.invalid")
                .UseMigrationSafety(o => o.AllowDataLoss())
                .Options
        );
        using var other = new Context(
            new DbContextOptionsBuilder().UseNpgsql("Host=nowhere.invalid").UseMigrationSafety().Options
        );

        // A singleton of EF Core's own services is one object for both.
        Assert.Same(
            one.GetService<Microsoft.EntityFrameworkCore.Storage.IRelationalTypeMappingSource>(),
            other.GetService<Microsoft.EntityFrameworkCore.Storage.IRelationalTypeMappingSource>()
        );
        Assert.Contains("allowDataLoss=True", LogFragment(one), StringComparison.Ordinal);
        Assert.Contains("allowDataLoss=False", LogFragment(other), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_call_adds_to_the_first()
    {
        using var context = new Context(
            new DbContextOptionsBuilder()
                .UseNpgsql("Host=nowhere.invalid")
                .UseMigrationSafety(o => o.AllowOutOfOrder())
                .UseMigrationSafety(o => o.LockWait(TimeSpan.FromSeconds(7)))
                .Options
        );

        Assert.Contains("allowOutOfOrder=True", LogFragment(context), StringComparison.Ordinal);
        Assert.Contains("lockWait=00:00:07", LogFragment(context), StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_fragment_names_every_option()
    {
        using var context = new PlainContext("Host=nowhere.invalid");

        var missing = typeof(MigrationSafetyOptions)
            .GetProperties()
            .Select(property => property.Name)
            .Where(name =>
                !LogFragment(context)
                    .Contains(name.Replace("ExpectedPlan", "ExpectPlan") + "=", StringComparison.OrdinalIgnoreCase)
            );
        Assert.Empty(missing);
    }

    // The first use of a context asks for its services, and that is when it fails.
    private static string Refusal(DbContextOptions options) =>
        Assert
            .Throws<InvalidOperationException>(() =>
            {
                using var context = new Context(options);
                context.GetService<IMigrator>();
            })
            .Message;

    private static string LogFragment(DbContext context) =>
        context
            .GetService<IDbContextOptions>()
            .Extensions.Select(extension => extension.Info.LogFragment)
            .Single(fragment => fragment.StartsWith("MigrationSafety(", StringComparison.Ordinal));

#pragma warning disable EF1001 // The constructor of Npgsql's generator takes it.
    private sealed class OtherGenerator(
        MigrationsSqlGeneratorDependencies dependencies,
        Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure.Internal.INpgsqlSingletonOptions npgsqlOptions
    ) : Npgsql.EntityFrameworkCore.PostgreSQL.Migrations.NpgsqlMigrationsSqlGenerator(dependencies, npgsqlOptions);

    private sealed class DerivedGenerator(
        MigrationsSqlGeneratorDependencies dependencies,
        Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure.Internal.INpgsqlSingletonOptions npgsqlOptions,
        IDbContextOptions contextOptions
    ) : OnlineMigrationsSqlGenerator(dependencies, npgsqlOptions, contextOptions);
#pragma warning restore EF1001

    private sealed class OtherMigrator : IMigrator
    {
        public string GenerateScript(
            string? fromMigration,
            string? toMigration,
            MigrationsSqlGenerationOptions options
        ) => "";

        public bool HasPendingModelChanges() => false;

        public void Migrate(string? targetMigration) { }

        public Task MigrateAsync(string? targetMigration, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
