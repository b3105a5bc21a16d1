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
    [AcceptHazard(
        "default-removed",
        "Only in a database that was adopted, and only defaults that somebody added there by hand: the application was written for the "
            + "columns as the contract has them.",
        DependsOnDatabase = true
    )]
    [AcceptHazard(
        "lock-table-explicitly",
        "So that nobody sees a table between its old policies and ours. One table a transaction, for some milliseconds, and under the "
            + "rails' lock time-out."
    )]
    [AcceptHazard(
        "policies-overlap",
        "Of the old policies those that are known are dropped in the same transaction, found by what they say and not by their names; "
            + "what the owner added stays, and db adopt lists it.",
        DependsOnDatabase = true
    )]
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
