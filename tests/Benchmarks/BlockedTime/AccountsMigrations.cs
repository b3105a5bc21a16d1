using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Benchmarks.BlockedTime;

/// <summary>The migrations that land under load, as <c>dotnet ef migrations add</c> writes them.</summary>
internal static class AccountsMigrations
{
    public static IReadOnlyList<(string Id, string What)> All { get; } =
    [
        ("20260101000000_Index", "new index"),
        ("20260102000000_ForeignKey", "new foreign key"),
        ("20260103000000_Check", "new check"),
        ("20260104000000_Unique", "new unique constraint"),
        ("20260105000000_NotNull", "column becomes required"),
        ("20260106000000_DropIndex", "dropped index"),
        ("20260107000000_Column", "new column, constant default"),
        ("20260108000000_RandomColumn", "new column, gen_random_uuid()"),
    ];

    [DbContext(typeof(AccountsContext))]
    [Migration("20260101000000_Index")]
    public sealed class Index : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder) =>
            migrationBuilder.CreateIndex("IX_accounts_owner_id", "accounts", "owner_id");
    }

    [DbContext(typeof(AccountsContext))]
    [Migration("20260102000000_ForeignKey")]
    public sealed class ForeignKey : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder) =>
            migrationBuilder.AddForeignKey(
                "FK_accounts_owners_owner_id",
                "accounts",
                "owner_id",
                "owners",
                principalColumn: "id",
                onDelete: ReferentialAction.Cascade
            );
    }

    [DbContext(typeof(AccountsContext))]
    [Migration("20260103000000_Check")]
    public sealed class Check : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder) =>
            migrationBuilder.AddCheckConstraint("CK_accounts_balance", "accounts", "balance >= 0");
    }

    [DbContext(typeof(AccountsContext))]
    [Migration("20260104000000_Unique")]
    public sealed class Unique : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder) =>
            migrationBuilder.AddUniqueConstraint("AK_accounts_number", "accounts", "number");
    }

    [DbContext(typeof(AccountsContext))]
    [Migration("20260105000000_NotNull")]
    public sealed class NotNull : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder) =>
            migrationBuilder.AlterColumn<string>(
                "note",
                "accounts",
                "text",
                nullable: false,
                defaultValue: "",
                oldClrType: typeof(string),
                oldType: "text",
                oldNullable: true
            );
    }

    [DbContext(typeof(AccountsContext))]
    [Migration("20260106000000_DropIndex")]
    public sealed class DropIndex : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder) =>
            migrationBuilder.DropIndex("IX_accounts_opened", table: "accounts");
    }

    [DbContext(typeof(AccountsContext))]
    [Migration("20260107000000_Column")]
    public sealed class Column : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder) =>
            migrationBuilder.AddColumn<int>("status", "accounts", "integer", nullable: false, defaultValue: 0);
    }

    [DbContext(typeof(AccountsContext))]
    [Migration("20260108000000_RandomColumn")]
    public sealed class RandomColumn : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder) =>
            migrationBuilder.AddColumn<Guid>(
                "token",
                "accounts",
                "uuid",
                nullable: false,
                defaultValueSql: "gen_random_uuid()"
            );
    }
}
