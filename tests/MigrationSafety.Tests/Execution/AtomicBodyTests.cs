using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Xunit;

namespace MigrationSafety.Tests.Execution;

/// <summary>Npgsql cuts SQL at every semicolon, and the body of a function in standard SQL has semicolons of its own.</summary>
public class AtomicBodyTests(PostgresServer postgres)
{
    private const string Function = """
        -- What it costs; with tax.
        CREATE FUNCTION price(net int, OUT gross int) LANGUAGE sql
        BEGIN ATOMIC
            INSERT INTO asked VALUES ($1);
            SELECT CASE WHEN net > 100 THEN net ELSE net + 7 END;
        END;
        """;

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task A_function_with_an_atomic_body_is_made_with_what_stands_beside_it(bool async, bool suppressed)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        AtomicContext.Command.Value = (
            $"CREATE TABLE asked (net int); {Function}\n-- Tried at once.\nSELECT price(93); COMMENT ON TABLE asked IS 'a;b';",
            suppressed
        );
        await using var context = new AtomicContext(database.ConnectionString);

        await Run.MigrateAsync(context, async);

        Assert.Equal(
            "93, a;b, 110",
            await Catalogs.ScalarAsync<string>(
                database.ConnectionString,
                "SELECT string_agg(net::text, ' ') || ', ' || obj_description('asked'::regclass) || ', ' || price(110) FROM asked"
            )
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("CREATE TABLE other (id int);\n")]
    public async Task The_caret_stands_where_the_body_is_wrong(string before)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        AtomicContext.Command.Value = (
            before
                + """
                CREATE FUNCTION wrong() RETURNS int LANGUAGE sql
                BEGIN ATOMIC
                    SELECT 1;
                    SELECT nonesuch;
                END;
                """,
            false
        );
        await using var context = new AtomicContext(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            Run.MigrateAsync(context, async: true)
        );

        Assert.Contains("column \"nonesuch\" does not exist (42703)", exception.Message, StringComparison.Ordinal);
        Assert.Contains("  4 |     SELECT nonesuch;\n                 ^", exception.Message, StringComparison.Ordinal);
    }

    private sealed class AtomicContext(string connectionString) : TestsContext(connectionString)
    {
        public static AsyncLocal<(string Sql, bool Suppressed)> Command { get; } = new();

        [DbContext(typeof(AtomicContext))]
        [Migration("20260101000000_Atomic")]
        public sealed class Atomic : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql(Command.Value.Sql, Command.Value.Suppressed);
        }
    }
}
