using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety;

namespace Db.Tests.Tracing;

/// <summary>Migrations that do what a live database does not bear, and some that look like it and are harmless.</summary>
public sealed class HazardousContext(DbContextOptions options) : DbContext(options)
{
    public static HazardousContext Create(string connectionString, Action<DbContextOptionsBuilder> configure)
    {
        var builder = new DbContextOptionsBuilder<HazardousContext>();
        builder.UseNpgsql(
            connectionString,
            npgsql =>
                npgsql.MigrationsAssembly(typeof(HazardousContext).Assembly).MigrationsHistoryTable("history", "own")
        );
        configure(builder);
        return new HazardousContext(builder.Options);
    }
}

/// <summary>A migration of plain SQL.</summary>
/// <param name="up">Statements, each a command of its own.</param>
/// <param name="down">Its way back.</param>
public abstract class SqlMigration(IReadOnlyList<string> up, params string[] down) : Migration
{
    // Marked, so that a test can say which statements run outside of the migration's transaction.
    public const string Alone = "/* alone */ ";

    protected override void Up(MigrationBuilder migrationBuilder) => Run(migrationBuilder, up);

    protected override void Down(MigrationBuilder migrationBuilder) => Run(migrationBuilder, down);

    private static void Run(MigrationBuilder builder, IReadOnlyList<string> statements)
    {
        foreach (var sql in statements)
        {
            builder.Sql(sql, suppressTransaction: sql.StartsWith(Alone, StringComparison.Ordinal));
        }
    }
}

[DbContext(typeof(HazardousContext))]
[Migration("20260101000001_Start")]
public sealed class Start()
    : SqlMigration(
        [
            """
            CREATE TABLE customers (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE, name varchar(100),
                plan text NOT NULL DEFAULT 'free' CHECK (plan IN ('free', 'pro')), visits int NOT NULL DEFAULT 0);
            CREATE TABLE orders (
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(), customer_id bigint NOT NULL REFERENCES customers,
                total numeric(10, 2) NOT NULL CHECK (total >= 0), placed_at timestamptz NOT NULL DEFAULT now(), code text, region text);
            CREATE TABLE invoices (id int PRIMARY KEY, customer_id bigint);
            CREATE TABLE notes (id int PRIMARY KEY, body text NOT NULL);
            CREATE TABLE log (id int PRIMARY KEY, line text NOT NULL);
            CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(total) AS total FROM orders GROUP BY 1;
            CREATE VIEW names AS SELECT name FROM customers;
            """,
        ],
        "DROP VIEW names; DROP MATERIALIZED VIEW totals; DROP TABLE log, notes, invoices, orders, customers"
    );

[DbContext(typeof(HazardousContext))]
[Migration("20260101000002_RewriteInDoBlock")]
public sealed class RewriteInDoBlock()
    : SqlMigration(
        ["DO $$ BEGIN EXECUTE 'ALTER TABLE ' || 'customers ALTER visits TYPE bigint'; END $$"],
        "ALTER TABLE customers ALTER visits TYPE int"
    );

[DbContext(typeof(HazardousContext))]
[Migration("20260101000003_ValidateAtOnce")]
public sealed class ValidateAtOnce()
    : SqlMigration(
        [
            "ALTER TABLE orders ADD CONSTRAINT at_once CHECK (total < 1e9) NOT VALID",
            "ALTER TABLE orders VALIDATE CONSTRAINT at_once",
        ],
        "ALTER TABLE orders DROP CONSTRAINT at_once"
    );

[DbContext(typeof(HazardousContext))]
[Migration("20260101000004_ValidateApart")]
public sealed class ValidateApart()
    : SqlMigration(
        [
            "ALTER TABLE orders ADD CONSTRAINT apart CHECK (total < 1e9) NOT VALID",
            Alone + "ALTER TABLE orders VALIDATE CONSTRAINT apart",
        ],
        "ALTER TABLE orders DROP CONSTRAINT apart"
    );

[DbContext(typeof(HazardousContext))]
[Migration("20260101000005_UpdateAll")]
public sealed class UpdateAll() : SqlMigration(["UPDATE customers SET visits = visits + 1"], "SELECT 1");

[DbContext(typeof(HazardousContext))]
[Migration("20260101000006_Backfill")]
public sealed class Backfill()
    : SqlMigration(
        ["ALTER TABLE customers ADD COLUMN score int", "UPDATE customers SET score = 1"],
        "ALTER TABLE customers DROP COLUMN score"
    );

[DbContext(typeof(HazardousContext))]
[Migration("20260101000007_PlainIndex")]
public sealed class PlainIndex() : SqlMigration(["CREATE INDEX plain ON orders (placed_at)"], "DROP INDEX plain");

[DbContext(typeof(HazardousContext))]
[Migration("20260101000008_ConcurrentIndex")]
public sealed class ConcurrentIndex()
    : SqlMigration(
        [Alone + "CREATE INDEX CONCURRENTLY concurrent ON orders (total)"],
        Alone + "DROP INDEX CONCURRENTLY concurrent"
    );

[DbContext(typeof(HazardousContext))]
[Migration("20260101000009_DropTable")]
public sealed class DropTable()
    : SqlMigration(["DROP TABLE notes"], "CREATE TABLE notes (id int PRIMARY KEY, body text NOT NULL)");

[DbContext(typeof(HazardousContext))]
[Migration("20260101000010_ManyTables")]
public sealed class ManyTables()
    : SqlMigration(
        ["ALTER TABLE customers ADD a int; ALTER TABLE orders ADD a int; ALTER TABLE invoices ADD a int"],
        "ALTER TABLE customers DROP a; ALTER TABLE orders DROP a; ALTER TABLE invoices DROP a"
    );

[DbContext(typeof(HazardousContext))]
[Migration("20260101000011_Truncate")]
public sealed class Truncate() : SqlMigration(["TRUNCATE log"], "SELECT 1");

[DbContext(typeof(HazardousContext))]
[Migration("20260101000012_DeleteAll")]
public sealed class DeleteAll() : SqlMigration(["DELETE FROM log WHERE id > 0"], "SELECT 1");

[DbContext(typeof(HazardousContext))]
[Migration("20260101000013_ForeignKey")]
public sealed class ForeignKey()
    : SqlMigration(
        ["ALTER TABLE invoices ADD CONSTRAINT owner FOREIGN KEY (customer_id) REFERENCES customers NOT VALID"],
        "ALTER TABLE invoices DROP CONSTRAINT owner"
    );

[DbContext(typeof(HazardousContext))]
[Migration("20260101000014_SetNotNull")]
public sealed class SetNotNull()
    : SqlMigration(["ALTER TABLE orders ALTER code SET NOT NULL"], "ALTER TABLE orders ALTER code DROP NOT NULL");

[DbContext(typeof(HazardousContext))]
[Migration("20260101000015_SetNotNullProven")]
public sealed class SetNotNullProven()
    : SqlMigration(
        [
            "ALTER TABLE orders ADD CONSTRAINT proof CHECK (region IS NOT NULL) NOT VALID",
            Alone + "ALTER TABLE orders VALIDATE CONSTRAINT proof",
            Alone + "ALTER TABLE orders ALTER region SET NOT NULL",
        ],
        "ALTER TABLE orders ALTER region DROP NOT NULL; ALTER TABLE orders DROP CONSTRAINT proof"
    );

[DbContext(typeof(HazardousContext))]
[Migration("20260101000016_Refresh")]
public sealed class Refresh() : SqlMigration(["REFRESH MATERIALIZED VIEW totals"], "SELECT 1");

[DbContext(typeof(HazardousContext))]
[Migration("20260101000017_LockThroughWork")]
public sealed class LockThroughWork()
    : SqlMigration(
        ["ALTER TABLE customers ADD held int", "CREATE INDEX meanwhile ON orders (customer_id)"],
        "DROP INDEX meanwhile; ALTER TABLE customers DROP held"
    );

[DbContext(typeof(HazardousContext))]
[Migration("20260101000018_OnlyNew")]
public sealed class OnlyNew()
    : SqlMigration(
        [
            "CREATE TABLE tags (id int PRIMARY KEY, customer_id bigint REFERENCES customers, name text)",
            "INSERT INTO tags SELECT i, NULL, 'tag ' || i FROM generate_series(1, 50) i",
            "CREATE INDEX ON tags (name)",
            "ALTER TABLE tags ALTER name SET NOT NULL",
            "UPDATE tags SET name = upper(name)",
            "ALTER TABLE customers ADD added text",
        ],
        "ALTER TABLE customers DROP added; DROP TABLE tags"
    );

[DbContext(typeof(HazardousContext))]
[Migration("20260101000019_VacuumFull")]
public sealed class VacuumFull() : SqlMigration([Alone + "VACUUM FULL log"], "SELECT 1");

[DbContext(typeof(HazardousContext))]
[Migration("20260101000020_Accepted")]
[AcceptHazard("unbatched-update", "Twenty rows in production.", On = "customers")]
[AcceptHazard("rewrites-table", "Another hazard.")]
public sealed class Accepted() : SqlMigration(["UPDATE customers SET visits = 0"], "SELECT 1");

[DbContext(typeof(HazardousContext))]
[Migration("20260101000025_AcceptedByItsCheck")]
[AcceptHazard("index-not-concurrent", "Nobody writes at night.", On = "orders")]
public sealed class AcceptedByItsCheck()
    : SqlMigration(["CREATE INDEX accepted ON orders (code)"], "DROP INDEX accepted");

[DbContext(typeof(HazardousContext))]
[Migration("20260101000021_DropView")]
public sealed class DropView() : SqlMigration(["DROP VIEW names"], "CREATE VIEW names AS SELECT name FROM customers");

[DbContext(typeof(HazardousContext))]
[Migration("20260101000022_HarmfulDown")]
public sealed class HarmfulDown()
    : SqlMigration(
        ["ALTER TABLE orders ALTER placed_at DROP NOT NULL"],
        "ALTER TABLE orders ALTER placed_at SET NOT NULL"
    );

[DbContext(typeof(HazardousContext))]
[Migration("20260101000026_ForgetfulDown")]
public sealed class ForgetfulDown()
    : SqlMigration(
        [
            "ALTER TABLE log ADD author text, ALTER line SET DEFAULT ''",
            "CREATE FUNCTION public.shout(line text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper(line)'",
        ],
        "ALTER TABLE log DROP author"
    );

[DbContext(typeof(HazardousContext))]
[Migration("20260101000027_StandardSql")]
public sealed class StandardSql()
    : SqlMigration(
        ["CREATE FUNCTION one() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 2; SELECT 1; END; SELECT one()"],
        "DROP FUNCTION one()"
    );

[DbContext(typeof(HazardousContext))]
[Migration("20260101000099_FailsOnRows")]
public sealed class FailsOnRows()
    : SqlMigration(["ALTER TABLE customers ADD CONSTRAINT never CHECK (visits < 0)"], "SELECT 1");
