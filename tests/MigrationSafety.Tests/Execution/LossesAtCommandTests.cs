using LocalPostgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.TestMigrations;
using Xunit;

namespace MigrationSafety.Tests.Execution;

/// <summary>A command at which the server's process ends, each time anew.</summary>
public class LossesAtCommandTests(PostgresServer postgres)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_is_not_tried_for_ever(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new DeadlyContext(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() => Run.MigrateAsync(context, async));

        Assert.Equal("ConnectionLostAtCommand", exception.Id);
        Assert.StartsWith(
            "The connection was lost 3 times while the same command ran: command 2 of 3 of 20260501000000_Deadly. ",
            exception.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("1 | SELECT die();", exception.Message, StringComparison.Ordinal);
        Assert.Contains(
            "20260501000000_Deadly is not applied, and nothing of it is left: its transaction was rolled back.",
            exception.Message,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("past the end of the stream", exception.Message, StringComparison.Ordinal);
        Assert.Equal(3, await Catalogs.ScalarAsync<long>(database.ConnectionString, "SELECT last_value FROM deaths"));

        await ExecuteAsync(database, "CREATE OR REPLACE FUNCTION die() RETURNS void LANGUAGE sql AS ''");
        await Run.MigrateAsync(context, async);
        Assert.True(
            await Catalogs.ScalarAsync<bool>(database.ConnectionString, "SELECT to_regclass('made') IS NOT NULL")
        );
    }

    private static Task ExecuteAsync(TestDatabase database, string sql) =>
        Catalogs.ScalarAsync<int>(database.ConnectionString, sql + "; SELECT 1");

    public sealed class DeadlyContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(DeadlyContext))]
        [Migration("20260430000000_Function")]
        public sealed class Function : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql(
                    """
                    CREATE SEQUENCE deaths;
                    CREATE FUNCTION die() RETURNS void LANGUAGE sql AS
                        $$ SELECT nextval('deaths'); SELECT pg_terminate_backend(pg_backend_pid()); $$;
                    """
                );
        }

        [DbContext(typeof(DeadlyContext))]
        [Migration("20260501000000_Deadly")]
        public sealed class Deadly : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder)
            {
                migrationBuilder.Sql("CREATE TABLE made ();");
                migrationBuilder.Sql("SELECT die();");
            }
        }
    }
}
