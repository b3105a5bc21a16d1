using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety;

#nullable disable

namespace Data.Migrations
{
    /// <inheritdoc />
    [AcceptHazard(
        "many-tables-in-one-transaction",
        "Only the way down locks several: it takes the application's first tables away, so there is nothing left to be kept waiting."
    )]
    public partial class AuthTables : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "users",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    email = table.Column<string>(type: "text", nullable: false),
                    emailVerified = table.Column<bool>(
                        type: "boolean",
                        nullable: true,
                        defaultValue: false,
                        comment: "Decided by the service alone."
                    ),
                    name = table.Column<string>(
                        type: "text",
                        nullable: true,
                        comment: "First and last name where either is given, else as written."
                    ),
                    firstName = table.Column<string>(type: "text", nullable: true),
                    lastName = table.Column<string>(type: "text", nullable: true),
                    image = table.Column<string>(type: "text", nullable: true),
                    country = table.Column<string>(type: "text", nullable: true),
                    timezone = table.Column<string>(type: "text", nullable: true),
                    language = table.Column<string>(type: "text", nullable: true, defaultValue: "en"),
                    role = table.Column<string>(
                        type: "text",
                        nullable: true,
                        defaultValue: "member",
                        comment: "Decided by the service alone."
                    ),
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
                    table.PrimaryKey("users_pkey", x => x.id);
                    table.UniqueConstraint("users_email_key", x => x.email);
                    table.CheckConstraint(
                        "check_users_role",
                        "role = ANY (ARRAY['member'::text, 'superadmin'::text, 'developer'::text])"
                    );
                },
                comment: "People who can sign in."
            );

            migrationBuilder.CreateTable(
                name: "verification",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    identifier = table.Column<string>(type: "text", nullable: false),
                    value = table.Column<string>(type: "text", nullable: false),
                    expiresAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
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
                    table.PrimaryKey("verification_pkey", x => x.id);
                },
                comment: "Pending proofs; the service's alone."
            );

            migrationBuilder.CreateTable(
                name: "account",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    accountId = table.Column<string>(type: "text", nullable: false),
                    providerId = table.Column<string>(type: "text", nullable: false),
                    userId = table.Column<string>(type: "text", nullable: false),
                    password = table.Column<string>(
                        type: "text",
                        nullable: true,
                        comment: "Password hash; read by the service alone."
                    ),
                    accessToken = table.Column<string>(type: "text", nullable: true),
                    refreshToken = table.Column<string>(type: "text", nullable: true),
                    idToken = table.Column<string>(type: "text", nullable: true),
                    accessTokenExpiresAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    refreshTokenExpiresAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    scope = table.Column<string>(type: "text", nullable: true),
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
                    table.PrimaryKey("account_pkey", x => x.id);
                    table.UniqueConstraint("account_providerId_accountId_key", x => new { x.providerId, x.accountId });
                    table.ForeignKey(
                        name: "account_userId_fkey",
                        column: x => x.userId,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade
                    );
                },
                comment: "Ways a user can sign in."
            );

            migrationBuilder.CreateTable(
                name: "session",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    expiresAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    token = table.Column<string>(
                        type: "text",
                        nullable: false,
                        comment: "Bearer token; read by the service alone."
                    ),
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
                    ipAddress = table.Column<string>(type: "text", nullable: true),
                    userAgent = table.Column<string>(type: "text", nullable: true),
                    userId = table.Column<string>(type: "text", nullable: false),
                },
                constraints: table =>
                {
                    table.PrimaryKey("session_pkey", x => x.id);
                    table.UniqueConstraint("session_token_key", x => x.token);
                    table.ForeignKey(
                        name: "session_userId_fkey",
                        column: x => x.userId,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade
                    );
                },
                comment: "Signed-in browsers and devices."
            );

            migrationBuilder.CreateIndex(name: "idx_account_userId", table: "account", column: "userId");

            migrationBuilder.CreateIndex(name: "idx_session_userId", table: "session", column: "userId");

            migrationBuilder.CreateIndex(
                name: "idx_verification_expiresAt",
                table: "verification",
                column: "expiresAt"
            );

            migrationBuilder.CreateIndex(
                name: "idx_verification_identifier",
                table: "verification",
                column: "identifier"
            );

            migrationBuilder.SqlFrom("AuthTables/caller");
            migrationBuilder.SqlFrom("AuthTables/users.set_updated_at");
            migrationBuilder.SqlFrom("AuthTables/users.sync_user_name");
            migrationBuilder.SqlFrom("AuthTables/users.row_level_security");
            migrationBuilder.SqlFrom("AuthTables/users.grants");
            migrationBuilder.SqlFrom("AuthTables/users.policy.select.authenticated");
            migrationBuilder.SqlFrom("AuthTables/users.policy.update.authenticated");
            migrationBuilder.SqlFrom("AuthTables/users.policy.delete.authenticated");
            migrationBuilder.SqlFrom("AuthTables/users.policy.all.service_role");
            migrationBuilder.SqlFrom("AuthTables/session.set_updated_at");
            migrationBuilder.SqlFrom("AuthTables/session.row_level_security");
            migrationBuilder.SqlFrom("AuthTables/session.grants");
            migrationBuilder.SqlFrom("AuthTables/session.policy.select.authenticated");
            migrationBuilder.SqlFrom("AuthTables/session.policy.all.service_role");
            migrationBuilder.SqlFrom("AuthTables/account.set_updated_at");
            migrationBuilder.SqlFrom("AuthTables/account.row_level_security");
            migrationBuilder.SqlFrom("AuthTables/account.grants");
            migrationBuilder.SqlFrom("AuthTables/account.policy.select.authenticated");
            migrationBuilder.SqlFrom("AuthTables/account.policy.all.service_role");
            migrationBuilder.SqlFrom("AuthTables/verification.set_updated_at");
            migrationBuilder.SqlFrom("AuthTables/verification.row_level_security");
            migrationBuilder.SqlFrom("AuthTables/verification.grants");
            migrationBuilder.SqlFrom("AuthTables/verification.policy.all.service_role");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.SqlFrom("AuthTables/verification.policy.all.service_role");
            migrationBuilder.SqlFrom("AuthTables/verification.grants");
            migrationBuilder.SqlFrom("AuthTables/verification.row_level_security");
            migrationBuilder.SqlFrom("AuthTables/verification.set_updated_at");
            migrationBuilder.SqlFrom("AuthTables/account.policy.all.service_role");
            migrationBuilder.SqlFrom("AuthTables/account.policy.select.authenticated");
            migrationBuilder.SqlFrom("AuthTables/account.grants");
            migrationBuilder.SqlFrom("AuthTables/account.row_level_security");
            migrationBuilder.SqlFrom("AuthTables/account.set_updated_at");
            migrationBuilder.SqlFrom("AuthTables/session.policy.all.service_role");
            migrationBuilder.SqlFrom("AuthTables/session.policy.select.authenticated");
            migrationBuilder.SqlFrom("AuthTables/session.grants");
            migrationBuilder.SqlFrom("AuthTables/session.row_level_security");
            migrationBuilder.SqlFrom("AuthTables/session.set_updated_at");
            migrationBuilder.SqlFrom("AuthTables/users.policy.all.service_role");
            migrationBuilder.SqlFrom("AuthTables/users.policy.delete.authenticated");
            migrationBuilder.SqlFrom("AuthTables/users.policy.update.authenticated");
            migrationBuilder.SqlFrom("AuthTables/users.policy.select.authenticated");
            migrationBuilder.SqlFrom("AuthTables/users.grants");
            migrationBuilder.SqlFrom("AuthTables/users.row_level_security");
            migrationBuilder.SqlFrom("AuthTables/users.sync_user_name");
            migrationBuilder.SqlFrom("AuthTables/users.set_updated_at");
            migrationBuilder.SqlFrom("AuthTables/caller");

            migrationBuilder.DropTable(name: "account");

            migrationBuilder.DropTable(name: "session");

            migrationBuilder.DropTable(name: "verification");

            migrationBuilder.DropTable(name: "users");
        }
    }
}
