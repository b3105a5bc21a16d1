using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace MigrationSafety.TestMigrations;

/// <summary>Three migrations, each one transaction.</summary>
public sealed class PlainContext(string connectionString, Action<MigrationSafetyOptionsBuilder>? configure = null)
    : RailsContext(connectionString, configure)
{
    [DbContext(typeof(PlainContext))]
    [Migration("20260101000000_Notes")]
    public sealed class Notes : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder) =>
            migrationBuilder.Sql(
                "CREATE TABLE notes (id int PRIMARY KEY, body text); INSERT INTO notes VALUES (1, 'first');"
            );

        protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("DROP TABLE notes;");
    }

    [DbContext(typeof(PlainContext))]
    [Migration("20260102000000_Author")]
    public sealed class Author : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder) =>
            migrationBuilder.AddColumn<string>("author", "notes", "text", nullable: true);

        protected override void Down(MigrationBuilder migrationBuilder) =>
            migrationBuilder.DropColumn("author", "notes");
    }

    [DbContext(typeof(PlainContext))]
    [Migration("20260103000000_Words")]
    public sealed class Words : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>("words", "notes", "integer", nullable: false, defaultValue: 0);
            migrationBuilder.Sql("UPDATE notes SET words = 1;");
        }

        protected override void Down(MigrationBuilder migrationBuilder) =>
            migrationBuilder.DropColumn("words", "notes");
    }
}
