using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace MigrationSafety.TestMigrations;

/// <summary>A migration that is done, and one that takes longer than anybody waits.</summary>
public sealed class SlowContext(string connectionString, Action<MigrationSafetyOptionsBuilder>? configure = null)
    : RailsContext(connectionString, configure)
{
    [DbContext(typeof(SlowContext))]
    [Migration("20260101000000_Quick")]
    public sealed class Quick : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder) =>
            migrationBuilder.Sql("CREATE TABLE quick (id int);");
    }

    [DbContext(typeof(SlowContext))]
    [Migration("20260102000000_Slow")]
    public sealed class Slow : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("CREATE TABLE slow (id int);");
            migrationBuilder.Sql("SELECT pg_sleep(3600);");
        }
    }
}
