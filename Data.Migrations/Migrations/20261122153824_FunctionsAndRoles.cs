using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Data.Migrations
{
    /// <inheritdoc />
    public partial class FunctionsAndRoles : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.SqlFrom("FunctionsAndRoles/roles");
            migrationBuilder.SqlFrom("FunctionsAndRoles/schema.app_private");
            migrationBuilder.SqlFrom("FunctionsAndRoles/schema.extensions");
            migrationBuilder.SqlFrom("FunctionsAndRoles/extension.pgcrypto");
            migrationBuilder.SqlFrom("FunctionsAndRoles/get_auth_user_id");
            migrationBuilder.SqlFrom("FunctionsAndRoles/set_updated_at");
            migrationBuilder.SqlFrom("FunctionsAndRoles/sync_user_name");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.SqlFrom("FunctionsAndRoles/sync_user_name");
            migrationBuilder.SqlFrom("FunctionsAndRoles/set_updated_at");
            migrationBuilder.SqlFrom("FunctionsAndRoles/get_auth_user_id");
            migrationBuilder.SqlFrom("FunctionsAndRoles/extension.pgcrypto");
            migrationBuilder.SqlFrom("FunctionsAndRoles/schema.extensions");
            migrationBuilder.SqlFrom("FunctionsAndRoles/schema.app_private");
            migrationBuilder.SqlFrom("FunctionsAndRoles/roles");
        }
    }
}
