using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

namespace MigrationSafety.TestMigrations;

/// <summary>Every operation that has an online form, written as EF Core writes it, on tables that hold rows.</summary>
public sealed class OnlineContext(string connectionString, Action<MigrationSafetyOptionsBuilder>? configure = null)
    : RailsContext(connectionString, configure)
{
    [DbContext(typeof(OnlineContext))]
    [Migration("20260101000000_Tables")]
    public sealed class Tables : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                "customers",
                t => new
                {
                    id = t.Column<int>("integer", nullable: false),
                    code = t.Column<int>("integer", nullable: false),
                },
                constraints: t => t.PrimaryKey("PK_customers", x => x.id)
            );
            migrationBuilder.CreateTable(
                "orders",
                t => new
                {
                    id = t.Column<int>("integer", nullable: true),
                    customer_id = t.Column<int>("integer", nullable: true),
                    number = t.Column<string>("text", nullable: true),
                    amount = t.Column<int>("integer", nullable: true),
                    note = t.Column<string>("text", nullable: true),
                }
            );
            // On tables that nobody sees yet they stay as they are, and with them the migration's one transaction.
            migrationBuilder.CreateIndex("IX_orders_number", "orders", "number");
            migrationBuilder.CreateIndex("IX_orders_amount", "orders", "amount");
            migrationBuilder.Sql(
                """
                INSERT INTO customers SELECT i, i FROM generate_series(1, 500) i;
                INSERT INTO orders SELECT i, 1 + i % 500, 'number ' || i, i, CASE WHEN i % 2 = 0 THEN 'note' END FROM generate_series(1, 5000) i;
                """
            );
        }

        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable("orders");
            migrationBuilder.DropTable("customers");
        }
    }

    [DbContext(typeof(OnlineContext))]
    [Migration("20260102000000_Indexes")]
    public sealed class Indexes : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex("IX_orders_customer_id", "orders", "customer_id");
            migrationBuilder
                .CreateIndex("IX_orders_big", "orders", ["number", "id"], unique: true, filter: "amount > 100")
                .Annotation("Npgsql:IndexInclude", new[] { "note" });
            migrationBuilder.DropIndex("IX_orders_amount", table: "orders");
        }

        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex("IX_orders_customer_id", table: "orders");
            migrationBuilder.DropIndex("IX_orders_big", table: "orders");
            migrationBuilder.CreateIndex("IX_orders_amount", "orders", "amount");
        }
    }

    [DbContext(typeof(OnlineContext))]
    [Migration("20260103000000_Constraints")]
    public sealed class Constraints : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddPrimaryKey("PK_orders", "orders", "id");
            migrationBuilder.AddUniqueConstraint("AK_customers_code", "customers", "code");
            migrationBuilder.AddForeignKey(
                "FK_orders_customers_customer_id",
                "orders",
                "customer_id",
                "customers",
                principalColumn: "id",
                onDelete: ReferentialAction.Cascade
            );
            migrationBuilder.AddCheckConstraint("CK_orders_amount", "orders", "amount >= 0");
        }

        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropCheckConstraint("CK_orders_amount", "orders");
            migrationBuilder.DropForeignKey("FK_orders_customers_customer_id", "orders");
            migrationBuilder.DropUniqueConstraint("AK_customers_code", "customers");
            migrationBuilder.DropPrimaryKey("PK_orders", "orders");
            migrationBuilder.AlterColumn<int>(
                "id",
                "orders",
                "integer",
                nullable: true,
                oldClrType: typeof(int),
                oldType: "integer"
            );
        }
    }

    [DbContext(typeof(OnlineContext))]
    [Migration("20260104000000_Required")]
    public sealed class Required : Migration
    {
        // As in every migration that EF Core writes; without it the type is set anew, whatever oldType says.
        protected override void BuildTargetModel(ModelBuilder modelBuilder) =>
            modelBuilder.HasAnnotation("ProductVersion", "10.0.0");

        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AlterColumn<string>(
                "note",
                "orders",
                "text",
                nullable: false,
                defaultValue: "",
                comment: "what the customer wrote",
                oldClrType: typeof(string),
                oldType: "text",
                oldNullable: true
            );
            migrationBuilder.AlterColumn<int>(
                "amount",
                "orders",
                "integer",
                nullable: false,
                oldClrType: typeof(int),
                oldType: "integer",
                oldNullable: true
            );
        }

        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AlterColumn<string>(
                "note",
                "orders",
                "text",
                nullable: true,
                oldClrType: typeof(string),
                oldType: "text",
                oldDefaultValue: "",
                oldComment: "what the customer wrote"
            );
            migrationBuilder.AlterColumn<int>(
                "amount",
                "orders",
                "integer",
                nullable: true,
                oldClrType: typeof(int),
                oldType: "integer"
            );
        }
    }

    [DbContext(typeof(OnlineContext))]
    [Migration("20260105000000_Columns")]
    public sealed class Columns : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                "token",
                "orders",
                "uuid",
                nullable: false,
                defaultValueSql: "gen_random_uuid()"
            );
            migrationBuilder.AddColumn<double>(
                "lot",
                "orders",
                "double precision",
                nullable: true,
                defaultValueSql: "random()"
            );
            migrationBuilder.AddColumn<DateTime>(
                "created",
                "orders",
                "timestamp with time zone",
                nullable: false,
                defaultValueSql: "now()"
            );
            // There is no online form of this one.
            migrationBuilder
                .AddColumn<int>("position", "orders", "integer", nullable: false, defaultValue: 0)
                .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn);
            migrationBuilder.AddColumn<int>("parent", "orders", "integer", nullable: false, defaultValue: 1);
            migrationBuilder.CreateIndex("IX_orders_parent", "orders", "parent");
            migrationBuilder.AddForeignKey(
                "FK_orders_customers_parent",
                "orders",
                "parent",
                "customers",
                principalColumn: "id"
            );
        }

        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropForeignKey("FK_orders_customers_parent", "orders");
            migrationBuilder.DropIndex("IX_orders_parent", table: "orders");
            migrationBuilder.DropColumn("parent", "orders");
            migrationBuilder.DropColumn("position", "orders");
            migrationBuilder.DropColumn("created", "orders");
            migrationBuilder.DropColumn("lot", "orders");
            migrationBuilder.DropColumn("token", "orders");
        }
    }

    [DbContext(typeof(OnlineContext))]
    [Migration("20260106000000_Replaced")]
    public sealed class Replaced : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            Keys(migrationBuilder, ReferentialAction.Restrict);
            migrationBuilder.DropPrimaryKey("PK_orders", "orders");
            migrationBuilder.AddPrimaryKey("PK_orders", "orders", ["id", "parent"]);
            migrationBuilder.DropUniqueConstraint("AK_customers_code", "customers");
            migrationBuilder.AddUniqueConstraint("AK_customers_code", "customers", ["code", "id"]);
            migrationBuilder.DropIndex("IX_orders_number", table: "orders");
            migrationBuilder.DropIndex("IX_orders_parent", table: "orders");
            migrationBuilder.CreateIndex("IX_orders_number", "orders", ["number", "amount"]);
        }

        protected override void Down(MigrationBuilder migrationBuilder)
        {
            Keys(migrationBuilder, ReferentialAction.Cascade);
            migrationBuilder.DropPrimaryKey("PK_orders", "orders");
            migrationBuilder.AddPrimaryKey("PK_orders", "orders", "id");
            migrationBuilder.DropUniqueConstraint("AK_customers_code", "customers");
            migrationBuilder.AddUniqueConstraint("AK_customers_code", "customers", "code");
            migrationBuilder.DropIndex("IX_orders_number", table: "orders");
            migrationBuilder.CreateIndex("IX_orders_number", "orders", "number");
            migrationBuilder.CreateIndex("IX_orders_parent", "orders", "parent");
        }

        private static void Keys(MigrationBuilder migrationBuilder, ReferentialAction onDelete)
        {
            migrationBuilder.DropForeignKey("FK_orders_customers_customer_id", "orders");
            migrationBuilder.DropForeignKey("FK_orders_customers_parent", "orders");
            migrationBuilder.AddForeignKey(
                "FK_orders_customers_customer_id",
                "orders",
                "customer_id",
                "customers",
                principalColumn: "id",
                onDelete: onDelete
            );
            migrationBuilder.AddForeignKey(
                "FK_orders_customers_parent",
                "orders",
                "parent",
                "customers",
                principalColumn: "id",
                onDelete: onDelete == ReferentialAction.Cascade ? ReferentialAction.NoAction : onDelete
            );
        }
    }
}
