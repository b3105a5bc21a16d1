using LocalPostgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Xunit;

namespace MigrationSafety.Tests.Rollback;

/// <summary>Losses that do not stand in the open: under another name, in another type, behind a function.</summary>
public class LossBehindTests(PostgresServer postgres)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_table_and_a_column_are_counted_under_the_names_that_they_have_now(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new RenamingContext(database.ConnectionString);
        await Run.MigrateAsync(context, async);
        await ExecuteAsync(database, """INSERT INTO sales."Purchases" SELECT i, 'n' FROM generate_series(1, 3000) i""");

        var all = await Assert.ThrowsAsync<MigrationRefusedException>(() => Run.MigrateAsync(context, async, "0"));
        var column = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async, "20260301000000_Orders")
        );

        Assert.Contains(
            ":\n  sales.\"Purchases\": 3,000 rows (20260301000000_Orders drops the table)\n\n",
            all.Message.ReplaceLineEndings("\n"),
            StringComparison.Ordinal
        );
        Assert.Contains(
            ":\n  sales.\"Purchases\".\"Remark\": 3,000 of 3,000 rows hold a value (20260302000000_Note drops the column)\n\n",
            column.Message.ReplaceLineEndings("\n"),
            StringComparison.Ordinal
        );
        Assert.Equal(
            3000,
            await Catalogs.ScalarAsync<long>(database.ConnectionString, "SELECT count(*) FROM sales.\"Purchases\"")
        );
    }

    [Fact]
    public async Task What_has_no_rows_under_its_other_name_goes_without_asking()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new RenamingContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true);

        await Run.MigrateAsync(context, async: true, "0");
    }

    [Theory]
    [InlineData(
        "1.123456",
        "prices.amount: 1 of 2 rows hold a value that changes (20260402000000_Finer makes it numeric(18,4))"
    )]
    [InlineData("1.12", null)]
    public async Task Values_that_another_type_changes_are_counted(string value, string? expected)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new ConvertingContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true, "20260402000000_Finer");
        await ExecuteAsync(database, $"INSERT INTO prices VALUES (1, {value}), (2, NULL)");

        var exception = await Record.ExceptionAsync(() =>
            Run.MigrateAsync(context, async: true, "20260401000000_Prices")
        );

        if (expected is null)
        {
            Assert.Null(exception);
            return;
        }

        Assert.Contains(
            expected,
            Assert.IsType<MigrationRefusedException>(exception).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(
        "DELETE FROM prices",
        "SELECT clear() (20260403000000_Clear: what it takes away cannot be told before)"
    )]
    [InlineData("NULL", null)]
    public async Task A_function_of_the_application_may_delete(string body, string? expected)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new ConvertingContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true);
        await ExecuteAsync(
            database,
            $"CREATE FUNCTION clear() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {body}; END $$"
        );

        var exception = await Record.ExceptionAsync(() =>
            Run.MigrateAsync(context, async: true, "20260402000000_Finer")
        );

        if (expected is null)
        {
            Assert.Null(exception);
            return;
        }

        Assert.Contains(
            expected,
            Assert.IsType<MigrationRefusedException>(exception).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_table_that_is_not_there_cannot_be_counted()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new ConvertingContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true, "20260401000000_Prices");
        await ExecuteAsync(database, "ALTER TABLE prices RENAME TO moved");

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: true, "0")
        );

        Assert.Contains(
            "prices is not there now (20260401000000_Prices: what it takes away cannot be told before)",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    private static Task ExecuteAsync(TestDatabase database, string sql) =>
        Catalogs.ScalarAsync<int>(database.ConnectionString, sql + "; SELECT 1");

    public sealed class RenamingContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(RenamingContext))]
        [Migration("20260301000000_Orders")]
        public sealed class Orders : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.CreateTable(
                    "orders",
                    table => new { id = table.Column<int>("integer") },
                    constraints: table => table.PrimaryKey("orders_pkey", row => row.id)
                );

            protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.DropTable("orders");
        }

        [DbContext(typeof(RenamingContext))]
        [Migration("20260302000000_Note")]
        public sealed class Note : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.AddColumn<string>("note", "orders", "text", nullable: true);

            protected override void Down(MigrationBuilder migrationBuilder) =>
                migrationBuilder.DropColumn("note", "orders");
        }

        [DbContext(typeof(RenamingContext))]
        [Migration("20260303000000_Purchases")]
        public sealed class Purchases : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder)
            {
                migrationBuilder.EnsureSchema("sales");
                migrationBuilder.RenameColumn("note", "orders", "Remark");
                migrationBuilder.RenameTable("orders", newName: "Purchases", newSchema: "sales");
            }

            protected override void Down(MigrationBuilder migrationBuilder)
            {
                migrationBuilder.Sql("""ALTER TABLE sales."Purchases" SET SCHEMA public""");
                migrationBuilder.RenameTable("Purchases", "public", newName: "orders");
                migrationBuilder.RenameColumn("Remark", "orders", "note");
            }
        }
    }

    public sealed class ConvertingContext(string connectionString) : TestsContext(connectionString)
    {
        [DbContext(typeof(ConvertingContext))]
        [Migration("20260401000000_Prices")]
        public sealed class Prices : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                migrationBuilder.Sql("CREATE TABLE prices (id int, amount numeric(18,4))");

            protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.DropTable("prices");
        }

        [DbContext(typeof(ConvertingContext))]
        [Migration("20260402000000_Finer")]
        public sealed class Finer : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) =>
                Alter(migrationBuilder, "numeric(18,6)", "numeric(18,4)");

            protected override void Down(MigrationBuilder migrationBuilder) =>
                Alter(migrationBuilder, "numeric(18,4)", "numeric(18,6)");

            private static void Alter(MigrationBuilder migrationBuilder, string to, string from) =>
                migrationBuilder.AlterColumn<decimal>(
                    "amount",
                    "prices",
                    to,
                    nullable: true,
                    oldClrType: typeof(decimal),
                    oldType: from,
                    oldNullable: true
                );
        }

        [DbContext(typeof(ConvertingContext))]
        [Migration("20260403000000_Clear")]
        public sealed class Clear : Migration
        {
            protected override void Up(MigrationBuilder migrationBuilder) { }

            protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("SELECT clear()");
        }
    }
}
