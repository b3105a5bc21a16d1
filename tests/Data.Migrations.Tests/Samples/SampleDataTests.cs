using Data.Migrations.Samples;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety;
using Npgsql;

namespace Data.Migrations.Tests.Samples;

public sealed class SampleDataTests(TestServer server)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_not_made_unless_asked_for()
    {
        await using var database = await server.CreateMigratedAsync();
        Assert.Equal(0, await TestServer.ScalarAsync<long>(database.ConnectionString, "SELECT count(*) FROM users"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Is_made_once_however_often_it_is_asked_for(bool async)
    {
        await using var database = await server.CreateEmptyAsync();
        for (var run = 0; run < 3; run++)
        {
            await using var context = DesignTimeFactory.CreateFor(database.ConnectionString, SampleData.Argument);
            if (async)
            {
                await context.Database.MigrateAsync(Cancellation);
            }
            else
            {
                context.Database.Migrate();
            }
        }

        Assert.Equal(
            "4 users, 8 metas, 4 keys",
            await TestServer.ScalarAsync<string>(
                database.ConnectionString,
                """
                SELECT concat((SELECT count(*) FROM users), ' users, ', (SELECT count(*) FROM users_metas), ' metas, ',
                  (SELECT count(*) FROM api_key), ' keys')
                """
            )
        );
    }

    [Fact]
    public async Task Keys_are_printed_once_and_only_their_hash_is_stored()
    {
        await using var database = await server.CreateMigratedAsync();
        await using var context = DesignTimeFactory.CreateFor(database.ConnectionString);
        var first = new List<string>();
        var second = new List<string>();

        await SampleData.EnsureAsync(context, first.Add, Cancellation);
        await SampleData.EnsureAsync(context, second.Add, Cancellation);

        var secrets = first.Where(line => line.Contains("sk_")).Select(line => line.Trim().Split(' ')[^1]).ToList();
        Assert.Equal(4, secrets.Distinct().Count());
        Assert.Equal(["Sample data: everything is there already."], second);
        foreach (var secret in secrets)
        {
            Assert.Equal(
                1,
                await TestServer.ScalarAsync<long>(
                    database.ConnectionString,
                    $"""
                    SELECT count(*) FROM api_key
                    WHERE "keyHash" = encode(sha256(convert_to('{secret}', 'UTF8')), 'hex') AND "keyPrefix" = left('{secret}', 16)
                    """
                )
            );
        }
    }

    [Fact]
    public async Task Is_refused_beside_a_user_that_is_not_a_sample_user()
    {
        await using var database = await server.CreateMigratedAsync();
        await using (var older = DesignTimeFactory.CreateFor(database.ConnectionString, "--allow-data-loss"))
        {
            await older.GetService<IMigrator>().MigrateAsync("UserMetas", Cancellation);
        }

        await TestServer.ExecuteAsync(
            database.ConnectionString,
            "INSERT INTO users (id, email) VALUES ('sample-user-lookalike', 'real@people.example')"
        );
        await using var context = DesignTimeFactory.CreateFor(database.ConnectionString, SampleData.Argument);

        var refusal = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            context.Database.MigrateAsync(Cancellation)
        );

        Assert.Equal(
            """
            Sample data is refused: this database holds 1 user that is not a sample user, so it may be in use.

            State: nothing was changed.
            To do: leave --sample-data out, or use a database of your own: dotnet run --project src/Db -- up
            """.ReplaceLineEndings("\n"),
            refusal.Message
        );
        // Refused before anything ran: the pending migrations are still pending.
        Assert.Equal(
            4,
            await TestServer.ScalarAsync<long>(
                database.ConnectionString,
                """SELECT count(*) FROM migrations."__EFMigrationsHistory" """
            )
        );
        Assert.Equal(1, await TestServer.ScalarAsync<long>(database.ConnectionString, "SELECT count(*) FROM users"));
    }

    [Theory]
    [InlineData("DOTNET_ENVIRONMENT", "Production", true)]
    [InlineData("ASPNETCORE_ENVIRONMENT", "production", true)]
    [InlineData("NODE_ENV", "production", true)]
    [InlineData("VERCEL_ENV", "production", true)]
    [InlineData("APP_ENV", "prod", true)]
    [InlineData("NODE_ENV", "development", false)]
    [InlineData("DOTNET_ENVIRONMENT", "Staging", false)]
    public async Task Is_refused_where_the_environment_says_production(string name, string value, bool refused)
    {
        await using var database = await server.CreateEmptyAsync();
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Cancellation);

        var failure = SampleData.RefusedBy(connection, asked => asked == name ? value : null);

        Assert.Equal(refused, failure is not null);
        Assert.Equal(refused, failure?.What.Contains($"{name}={value}", StringComparison.Ordinal) ?? false);
    }
}
