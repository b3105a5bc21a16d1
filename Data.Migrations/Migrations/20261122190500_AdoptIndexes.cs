using Data.Migrations.Adopting;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Data.Migrations
{
    /// <inheritdoc />
    /// <remarks>
    /// Builds the indexes that an adopted database lacks and drops those they replace. In any other database all of them are there, and
    /// none of the others is.
    /// </remarks>
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
