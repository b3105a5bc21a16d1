using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Connections;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Connections;

public class ConnectionStringInterceptorTests(PostgresServer postgres)
{
    private static readonly Func<string, string?> NothingSet = _ => null;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_uri_given_after_the_context_was_made_is_migrated(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = Context(new ConnectionStringInterceptor(), "Host=nowhere.invalid");

        context.Database.SetConnectionString(Uri(database.ConnectionString));
        await MigrateAsync(context, async);

        Assert.Equal(
            ["1_Notes"],
            await context.Database.GetAppliedMigrationsAsync(TestContext.Current.CancellationToken)
        );
        Assert.Equal(database.Name, await CurrentDatabaseAsync(context));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_uri_given_to_UseNpgsql_is_migrated(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = Context(new ConnectionStringInterceptor(), Uri(database.ConnectionString));

        await MigrateAsync(context, async);

        Assert.Equal(database.Name, await CurrentDatabaseAsync(context));
    }

    [Theory]
    [InlineData("postgresql://owner@h:5432", null, "DATABASE_URL")]
    [InlineData(null, "Host=h;Port=5432;Username=owner", "--connection")]
    public void A_connection_string_without_a_database_is_refused(string? variable, string? typed, string source)
    {
        using var context = Context(
            ConnectionStringInterceptor.FromEnvironment(name => name == "DATABASE_URL" ? variable : null),
            typed
        );

        var exception = Assert.Throws<ConnectionStringException>(() => context.Database.GetDbConnection());

        Assert.Equal(
            $"{source}: it names no database (h:5432/(the user's own) as owner). Nothing was run. Put the name behind the host, as in "
                + "postgresql://user:password@host:5432/database (Npgsql's form: Database=…).",
            exception.Message
        );
    }

    [Fact]
    public async Task The_environment_names_the_database_of_a_context_made_without_one()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var interceptor = ConnectionStringInterceptor.FromEnvironment(name =>
            name == "DATABASE_URL" ? Uri(database.ConnectionString) : null
        );
        await using var context = Context(interceptor, connectionString: null);

        await MigrateAsync(context, async: false);

        Assert.Equal(database.Name, await CurrentDatabaseAsync(context));
    }

    [Fact]
    public async Task A_typed_database_other_than_the_environments_is_refused_before_connecting()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var other = await postgres.CreateDatabaseAsync();
        var interceptor = ConnectionStringInterceptor.FromEnvironment(name =>
            name == "DATABASE_URL" ? Uri(database.ConnectionString) : null
        );
        await using var context = Context(interceptor, connectionString: null);

        context.Database.SetConnectionString(Uri(other.ConnectionString));
        var thrown = Assert.Throws<ConnectionStringException>(() => context.Database.Migrate());

        Assert.StartsWith(
            $"--connection names {PostgresConnectionString.Parse(other.ConnectionString)}, but DATABASE_URL is set and names "
                + $"{PostgresConnectionString.Parse(database.ConnectionString)}. Nothing was run.",
            thrown.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_context_that_nobody_gave_a_database_says_how_to_name_one()
    {
        await using var context = Context(
            ConnectionStringInterceptor.FromEnvironment(NothingSet),
            connectionString: null
        );

        var thrown = Assert.Throws<ConnectionStringException>(() => context.Database.Migrate());

        Assert.Equal(DatabaseUrl.NothingNamed, thrown.Message);
    }

    [Fact]
    public async Task A_context_that_never_connects_reads_no_variable()
    {
        var interceptor = ConnectionStringInterceptor.FromEnvironment(_ =>
            throw new InvalidOperationException("a variable was read")
        );
        await using var context = Context(interceptor, connectionString: null);

        Assert.False(context.Database.HasPendingModelChanges());
        Assert.NotEmpty(context.GetService<IMigrator>().GenerateScript());
    }

    [Fact]
    public async Task A_uri_that_is_not_one_is_refused_with_its_secret_hidden()
    {
        await using var context = Context(new ConnectionStringInterceptor(), "postgres://me:hunter2@h:x/d");

        var thrown = Assert.Throws<ConnectionStringException>(() => context.Database.Migrate());

        Assert.DoesNotContain("hunter2", thrown.ToString(), StringComparison.Ordinal);
    }

    private static string Uri(string keyValue) => PostgresConnectionString.Parse(keyValue).ToUri();

    private static async Task MigrateAsync(NotesContext context, bool async)
    {
        if (async)
        {
            await context.Database.MigrateAsync(TestContext.Current.CancellationToken);
        }
        else
        {
            context.Database.Migrate();
        }
    }

    private static Task<string> CurrentDatabaseAsync(NotesContext context) =>
        context.Database.SqlQuery<string>($"""SELECT current_database()::text AS "Value" """).SingleAsync();

    private static NotesContext Context(ConnectionStringInterceptor interceptor, string? connectionString) =>
        new(
            new DbContextOptionsBuilder<NotesContext>().UseNpgsql(connectionString).AddInterceptors(interceptor).Options
        );

    private sealed class NotesContext(DbContextOptions<NotesContext> options) : DbContext(options);

    [DbContext(typeof(NotesContext))]
    [Migration("1_Notes")]
    private sealed class Notes : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder) =>
            migrationBuilder.Sql("CREATE TABLE notes (id int)");
    }

    [DbContext(typeof(NotesContext))]
    private sealed class NotesSnapshot : ModelSnapshot
    {
        protected override void BuildModel(ModelBuilder modelBuilder) =>
            modelBuilder.HasAnnotation("ProductVersion", "10.0.15");
    }
}
