using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.EntityFrameworkCore.Migrations.Operations.Builders;

namespace Db.Tests.Tracing;

/// <summary>Each operation that the rails rewrite, as EF Core writes it and kept so, on two tables that are alike.</summary>
public sealed class RewrittenContext(DbContextOptions options) : DbContext(options)
{
    public static RewrittenContext Create(string connectionString, Action<DbContextOptionsBuilder> configure)
    {
        var builder = new DbContextOptionsBuilder<RewrittenContext>();
        builder.UseNpgsql(
            connectionString,
            npgsql =>
                npgsql.MigrationsAssembly(typeof(RewrittenContext).Assembly).MigrationsHistoryTable("history", "own")
        );
        configure(builder);
        return new RewrittenContext(builder.Options);
    }
}

/// <summary>One operation, rewritten on the table orders and kept as written on the table payments.</summary>
public abstract class RewrittenMigration(Action<MigrationBuilder, string> operation, bool isKept = false) : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        operation(migrationBuilder, isKept ? "payments" : "orders");
        if (isKept)
        {
            foreach (var kept in migrationBuilder.Operations)
            {
                new OperationBuilder<MigrationOperation>(kept).KeepAsWritten("to compare");
            }
        }
    }

    public static void Index(MigrationBuilder m, string table) => m.CreateIndex($"IX_{table}_region", table, "region");

    public static void DroppedIndex(MigrationBuilder m, string table) =>
        m.DropIndex($"IX_{table}_amount", table: table);

    public static void ForeignKey(MigrationBuilder m, string table) =>
        m.AddForeignKey($"FK_{table}", table, "customer_id", "customers", principalColumn: "id");

    public static void Check(MigrationBuilder m, string table) =>
        m.AddCheckConstraint($"CK_{table}", table, "amount > -1000000000 OR amount IS NULL");

    public static void Unique(MigrationBuilder m, string table) => m.AddUniqueConstraint($"AK_{table}", table, "code");

    public static void PrimaryKey(MigrationBuilder m, string table) => m.AddPrimaryKey($"PK_{table}", table, "id");

    public static void NotNull(MigrationBuilder m, string table) =>
        m.AlterColumn<string>(
            "region",
            table,
            "text",
            nullable: false,
            oldClrType: typeof(string),
            oldType: "text",
            oldNullable: true
        );

    public static void VolatileDefault(MigrationBuilder m, string table) =>
        m.AddColumn<Guid>("token", table, "uuid", nullable: true, defaultValueSql: "gen_random_uuid()");

    public static void ConstantDefault(MigrationBuilder m, string table) =>
        m.AddColumn<int>("parts", table, "integer", nullable: false, defaultValue: 1);
}

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000000_RewrittenTables")]
public sealed class RewrittenTables : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            CREATE TABLE customers (id bigint PRIMARY KEY);
            CREATE TABLE orders (id bigint NOT NULL, customer_id bigint NOT NULL REFERENCES customers, code int, amount int, region text);
            CREATE TABLE payments (LIKE orders, FOREIGN KEY (customer_id) REFERENCES customers);
            CREATE UNIQUE INDEX ON orders (id); CREATE UNIQUE INDEX ON orders (code); CREATE INDEX "IX_orders_amount" ON orders (amount);
            CREATE UNIQUE INDEX ON payments (id); CREATE UNIQUE INDEX ON payments (code); CREATE INDEX "IX_payments_amount" ON payments (amount);
            """
        );
}

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000010_RewrittenIndex")]
public sealed class RewrittenIndex() : RewrittenMigration(Index);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000011_KeptIndex")]
public sealed class KeptIndex() : RewrittenMigration(Index, isKept: true);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000020_RewrittenDroppedIndex")]
public sealed class RewrittenDroppedIndex() : RewrittenMigration(DroppedIndex);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000021_KeptDroppedIndex")]
public sealed class KeptDroppedIndex() : RewrittenMigration(DroppedIndex, isKept: true);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000030_RewrittenForeignKey")]
public sealed class RewrittenForeignKey() : RewrittenMigration(ForeignKey);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000031_KeptForeignKey")]
public sealed class KeptForeignKey() : RewrittenMigration(ForeignKey, isKept: true);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000040_RewrittenCheck")]
public sealed class RewrittenCheck() : RewrittenMigration(Check);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000041_KeptCheck")]
public sealed class KeptCheck() : RewrittenMigration(Check, isKept: true);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000050_RewrittenUnique")]
public sealed class RewrittenUnique() : RewrittenMigration(Unique);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000051_KeptUnique")]
public sealed class KeptUnique() : RewrittenMigration(Unique, isKept: true);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000060_RewrittenPrimaryKey")]
public sealed class RewrittenPrimaryKey() : RewrittenMigration(PrimaryKey);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000061_KeptPrimaryKey")]
public sealed class KeptPrimaryKey() : RewrittenMigration(PrimaryKey, isKept: true);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000070_RewrittenNotNull")]
public sealed class RewrittenNotNull() : RewrittenMigration(NotNull);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000071_KeptNotNull")]
public sealed class KeptNotNull() : RewrittenMigration(NotNull, isKept: true);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000080_RewrittenVolatileDefault")]
public sealed class RewrittenVolatileDefault() : RewrittenMigration(VolatileDefault);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000081_KeptVolatileDefault")]
public sealed class KeptVolatileDefault() : RewrittenMigration(VolatileDefault, isKept: true);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000090_RewrittenConstantDefault")]
public sealed class RewrittenConstantDefault() : RewrittenMigration(ConstantDefault);

[DbContext(typeof(RewrittenContext))]
[Migration("20260201000091_KeptConstantDefault")]
public sealed class KeptConstantDefault() : RewrittenMigration(ConstantDefault, isKept: true);
