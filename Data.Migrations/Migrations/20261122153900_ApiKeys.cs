using Data.Entities;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Data.Migrations
{
    /// <inheritdoc />
    public partial class ApiKeys : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AlterDatabase().Annotation("Npgsql:Enum:api_key_status", "active,inactive,expired");

            migrationBuilder.CreateTable(
                name: "api_key",
                columns: table => new
                {
                    id = table.Column<string>(
                        type: "text",
                        nullable: false,
                        defaultValueSql: "(gen_random_uuid())::text"
                    ),
                    keyHash = table.Column<string>(
                        type: "text",
                        nullable: false,
                        comment: "SHA-256 of the key; read by the service alone."
                    ),
                    keyPrefix = table.Column<string>(
                        type: "text",
                        nullable: false,
                        comment: "First 16 characters of the key, to look it up by."
                    ),
                    name = table.Column<string>(type: "text", nullable: false),
                    userId = table.Column<string>(type: "text", nullable: false),
                    lastUsedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    expiresAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    status = table.Column<ApiKeyStatus>(
                        type: "api_key_status",
                        nullable: true,
                        defaultValue: ApiKeyStatus.Active
                    ),
                    scopes = table.Column<string[]>(
                        type: "text[]",
                        nullable: true,
                        defaultValueSql: "'{}'::text[]",
                        comment: "Decided by the service alone."
                    ),
                    failedAttempts = table.Column<int>(
                        type: "integer",
                        nullable: true,
                        defaultValue: 0,
                        comment: "Decided by the service alone."
                    ),
                    lockedUntil = table.Column<DateTime>(
                        type: "timestamp with time zone",
                        nullable: true,
                        comment: "Decided by the service alone."
                    ),
                    ipWhitelist = table.Column<string[]>(type: "text[]", nullable: true),
                    lastUsedIp = table.Column<string>(type: "text", nullable: true),
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
                    table.PrimaryKey("api_key_pkey", x => x.id);
                    table.UniqueConstraint("api_key_keyHash_key", x => x.keyHash);
                    table.ForeignKey(
                        name: "api_key_userId_fkey",
                        column: x => x.userId,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade
                    );
                },
                comment: "Keys that users call the API with."
            );

            migrationBuilder.CreateIndex(
                name: "idx_api_key_expiresAt",
                table: "api_key",
                column: "expiresAt",
                filter: "status = 'active'::api_key_status"
            );

            migrationBuilder.CreateIndex(name: "idx_api_key_keyPrefix", table: "api_key", column: "keyPrefix");

            migrationBuilder.CreateIndex(name: "idx_api_key_userId", table: "api_key", column: "userId");

            migrationBuilder.SqlFrom("ApiKeys/api_key.set_updated_at");
            migrationBuilder.SqlFrom("ApiKeys/api_key.row_level_security");
            migrationBuilder.SqlFrom("ApiKeys/api_key.grants");
            migrationBuilder.SqlFrom("ApiKeys/api_key.policy.select.authenticated");
            migrationBuilder.SqlFrom("ApiKeys/api_key.policy.update.authenticated");
            migrationBuilder.SqlFrom("ApiKeys/api_key.policy.delete.authenticated");
            migrationBuilder.SqlFrom("ApiKeys/api_key.policy.all.service_role");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.SqlFrom("ApiKeys/api_key.policy.all.service_role");
            migrationBuilder.SqlFrom("ApiKeys/api_key.policy.delete.authenticated");
            migrationBuilder.SqlFrom("ApiKeys/api_key.policy.update.authenticated");
            migrationBuilder.SqlFrom("ApiKeys/api_key.policy.select.authenticated");
            migrationBuilder.SqlFrom("ApiKeys/api_key.grants");
            migrationBuilder.SqlFrom("ApiKeys/api_key.row_level_security");
            migrationBuilder.SqlFrom("ApiKeys/api_key.set_updated_at");

            migrationBuilder.DropTable(name: "api_key");

            migrationBuilder.AlterDatabase().OldAnnotation("Npgsql:Enum:api_key_status", "active,inactive,expired");
        }
    }
}
