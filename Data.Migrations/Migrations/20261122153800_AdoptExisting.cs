using Data.Migrations.Adopting;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety;

#nullable disable

namespace Data.Migrations
{
    /// <inheritdoc />
    /// <remarks>
    /// Brings what the numbered SQL files made to ours, before the first migration that builds on it; nothing in any other database.
    /// </remarks>
    [AnyOrder("It looks at what is there, and only in a database that was adopted.")]
    public partial class AdoptExisting : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Each in a transaction of its own: who holds two tables' locks can be in a deadlock with the application.
            foreach (var command in AdoptionSql.Commands())
            {
                migrationBuilder.Sql(command, suppressTransaction: true);
            }
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            // What it replaced was made by no migration; ours serve the same application.
        }
    }
}
