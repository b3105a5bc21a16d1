using Data.Migrations.Adopting;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety;

#nullable disable

namespace Data.Migrations
{
    /// <inheritdoc />
    /// <remarks>
    /// Builds the indexes that an adopted database lacks and drops those they replace. In any other database all of them are there, and
    /// none of the others is.
    /// </remarks>
    [AcceptHazard(
        "if-not-exists-on-concurrent-index",
        "The rails look at the index before they run the statement, and drop one that is invalid."
    )]
    public partial class AdoptIndexes : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            foreach (var statement in AdoptionSql.Indexes())
            {
                migrationBuilder.Sql(statement, suppressTransaction: true);
            }
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            // What it dropped was made by no migration.
        }
    }
}
