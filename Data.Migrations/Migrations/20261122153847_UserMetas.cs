using System.Text.Json;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Data.Migrations
{
    /// <inheritdoc />
    public partial class UserMetas : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "users_metas",
                columns: table => new
                {
                    id = table.Column<string>(
                        type: "text",
                        nullable: false,
                        defaultValueSql: "(gen_random_uuid())::text"
                    ),
                    userId = table.Column<string>(type: "text", nullable: false),
                    metaKey = table.Column<string>(type: "text", nullable: false),
                    metaValue = table.Column<JsonElement>(
                        type: "jsonb",
                        nullable: false,
                        defaultValueSql: "'{}'::jsonb"
                    ),
                    dataType = table.Column<string>(type: "text", nullable: true),
                    isPublic = table.Column<bool>(
                        type: "boolean",
                        nullable: false,
                        defaultValue: false,
                        comment: "Whether anybody may read the row."
                    ),
                    isSearchable = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                    createdAt = table.Column<DateTime>(
                        type: "timestamp with time zone",
                        nullable: false,
                        defaultValueSql: "now()"
                    ),
                    updatedAt = table.Column<DateTime>(
                        type: "timestamp with time zone",
                        nullable: false,
                        defaultValueSql: "now()"
                    ),
                },
                constraints: table =>
                {
                    table.PrimaryKey("users_metas_pkey", x => x.id);
                    table.UniqueConstraint("users_metas_unique_key", x => new { x.userId, x.metaKey });
                    table.ForeignKey(
                        name: "users_metas_userId_fkey",
                        column: x => x.userId,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade
                    );
                },
                comment: "Named values of a user, beyond the columns."
            );

            migrationBuilder.CreateIndex(
                name: "idx_users_metas_public",
                table: "users_metas",
                column: "userId",
                filter: "\"isPublic\""
            );

            migrationBuilder
                .CreateIndex(
                    name: "idx_users_metas_search",
                    table: "users_metas",
                    column: "metaValue",
                    filter: "\"isSearchable\""
                )
                .Annotation("Npgsql:IndexMethod", "gin")
                .Annotation("Npgsql:IndexOperators", new[] { "jsonb_path_ops" });

            migrationBuilder.CreateIndex(
                name: "idx_users_metas_searchable_key",
                table: "users_metas",
                column: "metaKey",
                filter: "\"isSearchable\""
            );

            migrationBuilder.SqlFrom("UserMetas/users_metas.set_updated_at");
            migrationBuilder.SqlFrom("UserMetas/users_metas.row_level_security");
            migrationBuilder.SqlFrom("UserMetas/users_metas.grants");
            migrationBuilder.SqlFrom("UserMetas/users_metas.policy.select.anon");
            migrationBuilder.SqlFrom("UserMetas/users_metas.policy.select.authenticated");
            migrationBuilder.SqlFrom("UserMetas/users_metas.policy.insert.authenticated");
            migrationBuilder.SqlFrom("UserMetas/users_metas.policy.update.authenticated");
            migrationBuilder.SqlFrom("UserMetas/users_metas.policy.delete.authenticated");
            migrationBuilder.SqlFrom("UserMetas/users_metas.policy.all.service_role");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.SqlFrom("UserMetas/users_metas.policy.all.service_role");
            migrationBuilder.SqlFrom("UserMetas/users_metas.policy.delete.authenticated");
            migrationBuilder.SqlFrom("UserMetas/users_metas.policy.update.authenticated");
            migrationBuilder.SqlFrom("UserMetas/users_metas.policy.insert.authenticated");
            migrationBuilder.SqlFrom("UserMetas/users_metas.policy.select.authenticated");
            migrationBuilder.SqlFrom("UserMetas/users_metas.policy.select.anon");
            migrationBuilder.SqlFrom("UserMetas/users_metas.grants");
            migrationBuilder.SqlFrom("UserMetas/users_metas.row_level_security");
            migrationBuilder.SqlFrom("UserMetas/users_metas.set_updated_at");

            migrationBuilder.DropTable(name: "users_metas");
        }
    }
}
