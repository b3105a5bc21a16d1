using LocalPostgres;
using LocalPostgres.Choosing;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Execution;

/// <summary>transaction_timeout (PostgreSQL 17) of a role or a database is meant for the application's transactions.</summary>
public class TransactionTimeoutTests(PostgresServer postgres)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_does_not_end_a_migration(bool async)
    {
        await using var ours = await NewerServerAsync();
        var server = ours ?? postgres.Server;
        await using var database = await server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await Catalogs.ScalarAsync<int>(
            database.ConnectionString,
            $"ALTER DATABASE {new NpgsqlConnectionStringBuilder(database.ConnectionString).Database} SET transaction_timeout = '300ms'; SELECT 1"
        );
        NpgsqlConnection.ClearAllPools();
        await using var context = new PatientContext(
            database.ConnectionString,
            o => o.ReconnectWait(TimeSpan.FromSeconds(1))
        );

        await Run.MigrateAsync(context, async);

        Assert.Equal(1L, await Catalogs.ScalarAsync<long>(database.ConnectionString, "SELECT count(*) FROM slept"));
        Assert.Equal(
            "300ms",
            await Catalogs.ScalarAsync<string>(
                database.ConnectionString,
                "SELECT current_setting('transaction_timeout')"
            )
        );
    }

    // Without npm it is CI's to have it, where it runs on several versions anyway.
    private async Task<ThrowAwayServer?> NewerServerAsync()
    {
        if (postgres.Server.Version >= new Version(17, 0))
        {
            return null;
        }

        try
        {
            return await ThrowAwayServer.StartAsync(
                new ThrowAwayServerOptions { Kind = ServerKind.Npm, Version = 18 },
                TestContext.Current.CancellationToken
            );
        }
        catch (UnavailableException e) when (Environment.GetEnvironmentVariable("CI") is null)
        {
            Assert.Skip($"No PostgreSQL 17 or later here: {e.Message}");
            throw;
        }
    }

    private sealed class PatientContext(string connectionString, Action<MigrationSafetyOptionsBuilder> configure)
        : TestsContext(connectionString, configure)
    {
        [DbContext(typeof(PatientContext))]
        [Migration("20260101000000_Sleeps")]
        public sealed class Sleeps : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("CREATE TABLE slept AS SELECT 1 AS one FROM pg_sleep(0.6);");
        }
    }
}
