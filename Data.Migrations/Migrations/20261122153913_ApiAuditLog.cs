using System;
using System.Text.Json;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Data.Migrations
{
    /// <inheritdoc />
    public partial class ApiAuditLog : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "api_audit_log",
                columns: table => new
                {
                    id = table.Column<string>(
                        type: "text",
                        nullable: false,
                        defaultValueSql: "(gen_random_uuid())::text"
                    ),
                    apiKeyId = table.Column<string>(type: "text", nullable: false),
                    userId = table.Column<string>(type: "text", nullable: false),
                    endpoint = table.Column<string>(type: "text", nullable: false),
                    method = table.Column<string>(type: "text", nullable: false),
                    statusCode = table.Column<int>(type: "integer", nullable: false),
                    ipAddress = table.Column<string>(type: "text", nullable: true),
                    userAgent = table.Column<string>(type: "text", nullable: true),
                    requestBody = table.Column<JsonElement>(type: "jsonb", nullable: true),
                    responseTime = table.Column<int>(
                        type: "integer",
                        nullable: true,
                        comment: "Time to the answer, in milliseconds."
                    ),
                    createdAt = table.Column<DateTime>(
                        type: "timestamp with time zone",
                        nullable: false,
                        defaultValueSql: "now()"
                    ),
                },
                constraints: table =>
                {
                    table.PrimaryKey("api_audit_log_pkey", x => x.id);
                    table.ForeignKey(
                        name: "api_audit_log_apiKeyId_fkey",
                        column: x => x.apiKeyId,
                        principalTable: "api_key",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade
                    );
                    table.ForeignKey(
                        name: "api_audit_log_userId_fkey",
                        column: x => x.userId,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade
                    );
                },
                comment: "Calls made with API keys; only ever appended to."
            );

            migrationBuilder.CreateIndex(
                name: "idx_api_audit_log_apiKeyId_createdAt",
                table: "api_audit_log",
                columns: new[] { "apiKeyId", "createdAt" }
            );

            migrationBuilder.CreateIndex(
                name: "idx_api_audit_log_createdAt",
                table: "api_audit_log",
                column: "createdAt"
            );

            migrationBuilder.CreateIndex(
                name: "idx_api_audit_log_userId_createdAt",
                table: "api_audit_log",
                columns: new[] { "userId", "createdAt" }
            );

            migrationBuilder.SqlFrom("ApiAuditLog/refuse_audit_log_change");
            migrationBuilder.SqlFrom("ApiAuditLog/api_audit_log.append_only");
            migrationBuilder.SqlFrom("ApiAuditLog/delete_audit_log_before");
            migrationBuilder.SqlFrom("ApiAuditLog/api_audit_log.row_level_security");
            migrationBuilder.SqlFrom("ApiAuditLog/api_audit_log.grants");
            migrationBuilder.SqlFrom("ApiAuditLog/api_audit_log.policy.select.authenticated");
            migrationBuilder.SqlFrom("ApiAuditLog/api_audit_log.policy.select.service_role");
            migrationBuilder.SqlFrom("ApiAuditLog/api_audit_log.policy.insert.service_role");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.SqlFrom("ApiAuditLog/api_audit_log.policy.insert.service_role");
            migrationBuilder.SqlFrom("ApiAuditLog/api_audit_log.policy.select.service_role");
            migrationBuilder.SqlFrom("ApiAuditLog/api_audit_log.policy.select.authenticated");
            migrationBuilder.SqlFrom("ApiAuditLog/api_audit_log.grants");
            migrationBuilder.SqlFrom("ApiAuditLog/api_audit_log.row_level_security");
            migrationBuilder.SqlFrom("ApiAuditLog/delete_audit_log_before");
            migrationBuilder.SqlFrom("ApiAuditLog/api_audit_log.append_only");
            migrationBuilder.SqlFrom("ApiAuditLog/refuse_audit_log_change");

            migrationBuilder.DropTable(name: "api_audit_log");
        }
    }
}
