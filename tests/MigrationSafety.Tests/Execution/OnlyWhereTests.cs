using LocalPostgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.TestMigrations;
using Xunit;

namespace MigrationSafety.Tests.Execution;

/// <summary>
/// Commands outside a transaction that have a condition. What is left out leaves no record, so whatever breaks a run off, the next one
/// must ask again from there and do everything else exactly once.
/// </summary>
public class OnlyWhereTests(PostgresServer postgres) : CrashTests
{
    private const string What = """
        SELECT (SELECT string_agg(indexrelid::regclass::text, ' ' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = 'notes'::regclass AND indisvalid)
            || ', ' || (SELECT string_agg(what, ' ' ORDER BY what) FROM done)
            || ', ' || (SELECT count(*) FROM migrations."__EFMigrationsHistory")
            || ', ' || (SELECT count(*) FROM migrations.unfinished_migration)
        """;

    [Fact]
    public async Task The_backend_is_terminated_at_every_boundary()
    {
        int boundaries;
        await using (var database = await PreparedAsync())
        {
            using var counted = Faults.At(int.MaxValue, () => { });
            await RunAsync(database, async: false);
            boundaries = counted.Passed;
            Assert.Equal("notes_late notes_pkey, first second, 1, 0", await WhatAsync(database));
        }

        foreach (var boundary in Taken(boundaries))
        {
            await using var database = await PreparedAsync();
            using (var at = Faults.At(boundary, () => Terminate(postgres.Server, database.Name)))
            {
                await RunAsync(database, async: boundary % 2 == 0);
                Assert.True(at.Passed >= boundary, $"Boundary {boundary} was not reached.");
            }

            Assert.Equal(
                (boundary, "notes_late notes_pkey, first second, 1, 0"),
                (boundary, await WhatAsync(database))
            );
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_left_out_by_a_run_that_failed_is_asked_again(bool async)
    {
        await using var database = await PreparedAsync();
        await ExecuteAsync(database, "ALTER TABLE done ADD CHECK (what <> 'second')");

        var failed = await Assert.ThrowsAsync<MigrationFailedException>(() => RunAsync(database, async));

        // Commands that were left out are not among those that are committed and recorded.
        Assert.Contains("3 of its 8 commands are committed and recorded", failed.Message, StringComparison.Ordinal);
        Assert.Equal(
            3,
            await Catalogs.ScalarAsync<int>(
                database.ConnectionString,
                "SELECT commands_committed FROM migrations.unfinished_migration"
            )
        );
        await ExecuteAsync(database, "ALTER TABLE done DROP CONSTRAINT done_what_check; CREATE TABLE wanted ()");
        await RunAsync(database, async);
        Assert.Equal("notes_late notes_pkey notes_third, first second, 1, 0", await WhatAsync(database));
    }

    [Fact]
    public async Task A_condition_that_fails_is_said_as_its_command()
    {
        await using var database = await PreparedAsync();
        await ExecuteAsync(database, "CREATE TABLE broken ()");

        var failed = await Assert.ThrowsAsync<MigrationFailedException>(() => RunAsync(database, async: false));

        Assert.Contains("division by zero", failed.Message, StringComparison.Ordinal);
        Assert.Contains("notes_first", failed.Message, StringComparison.Ordinal);
        await ExecuteAsync(database, "DROP TABLE broken");
        await RunAsync(database, async: false);
        Assert.Equal("notes_late notes_pkey, first second, 1, 0", await WhatAsync(database));
    }

    private Task<TestDatabase> PreparedAsync() =>
        postgres.Server.CreateDatabaseAsync(
            "only where",
            async (connectionString, _) =>
                await Catalogs.ScalarAsync<int>(
                    connectionString,
                    """
                    CREATE TABLE notes (id int PRIMARY KEY, body text);
                    CREATE INDEX notes_body ON notes (body);
                    CREATE TABLE done (what text);
                    SELECT 1;
                    """
                ),
            TestContext.Current.CancellationToken
        );

    private static async Task RunAsync(TestDatabase database, bool async)
    {
        await using var context = new ConditionContext(database.ConnectionString);
        await Run.MigrateAsync(context, async);
    }

    private static Task<string> WhatAsync(TestDatabase database) =>
        Catalogs.ScalarAsync<string>(database.ConnectionString, What);

    private static Task ExecuteAsync(TestDatabase database, string sql) =>
        Catalogs.ScalarAsync<int>(database.ConnectionString, sql + "; SELECT 1");

    private sealed class ConditionContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(ConditionContext))]
        [Migration("20260101000000_Conditions")]
        public sealed class Conditions : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder)
            {
                // False, before anything is recorded.
                migrationBuilder.Sql(
                    "-- only where: SELECT to_regclass('broken') IS NOT NULL AND 1 / (SELECT count(*) FROM done) = 0\nCREATE INDEX CONCURRENTLY notes_first ON notes (body);",
                    true
                );
                migrationBuilder.Sql("INSERT INTO done VALUES ('first');");
                // True until it is done itself.
                migrationBuilder.Sql(
                    "-- only where: SELECT to_regclass('notes_late') IS NULL\nCREATE INDEX CONCURRENTLY notes_late ON notes (body DESC);",
                    true
                );
                migrationBuilder.Sql(
                    "-- only where: SELECT to_regclass('wanted') IS NOT NULL\nCREATE INDEX CONCURRENTLY notes_third ON notes (id, body);",
                    true
                );
                migrationBuilder.Sql("INSERT INTO done VALUES ('second');");
                migrationBuilder.Sql(
                    "-- only where: SELECT to_regclass('wanted') IS NOT NULL\nCREATE INDEX CONCURRENTLY IF NOT EXISTS notes_third ON notes (id, body);",
                    true
                );
                migrationBuilder.Sql(
                    "-- only where: SELECT to_regclass('notes_body') IS NOT NULL\nDROP INDEX CONCURRENTLY notes_body;",
                    true
                );
            }
        }
    }
}
