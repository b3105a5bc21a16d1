using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace MigrationSafety.TestMigrations;

/// <summary>
/// Every kind of step: transactional DDL, concurrent index and drop, NOT VALID and VALIDATE, enum values, raw SQL, data, and data
/// outside EF Core's transaction, where running it twice would show.
/// </summary>
public sealed class MixedContext(string connectionString, Action<MigrationSafetyOptionsBuilder>? configure = null)
    : RailsContext(connectionString, configure)
{
    [DbContext(typeof(MixedContext))]
    [Migration("20260101000000_Tables")]
    public sealed class Tables : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder) =>
            migrationBuilder.Sql(
                """
                CREATE TABLE owners (id int PRIMARY KEY, email text);
                CREATE TABLE pets (id int PRIMARY KEY, owner_id int, name text, born date);
                CREATE INDEX pets_born ON pets (born);
                INSERT INTO owners SELECT i, 'owner' || i || '@example.org' FROM generate_series(1, 200) i;
                INSERT INTO pets SELECT i, 1 + i % 200, 'pet' || i, date '2020-01-01' + i FROM generate_series(1, 500) i;
                """
            );

        protected override void Down(MigrationBuilder migrationBuilder) =>
            migrationBuilder.Sql("DROP TABLE pets, owners;");
    }

    [DbContext(typeof(MixedContext))]
    [Migration("20260102000000_Indexes")]
    public sealed class Indexes : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>("colour", "pets", "text", nullable: true);
            migrationBuilder.Sql("UPDATE pets SET colour = 'black';");
            migrationBuilder
                .CreateIndex("IX_pets_owner_id", "pets", "owner_id")
                .Annotation("Npgsql:CreatedConcurrently", true);
            migrationBuilder.Sql(
                "CREATE UNIQUE INDEX CONCURRENTLY owners_email ON owners (lower(email)) WHERE email IS NOT NULL;",
                true
            );
            migrationBuilder.Sql("DROP INDEX CONCURRENTLY pets_born;", true);
            migrationBuilder.Sql("INSERT INTO owners VALUES (1000, 'late@example.org');", true);
            migrationBuilder.AddColumn<int>("weight", "pets", "integer", nullable: true);
        }

        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn("weight", "pets");
            migrationBuilder.Sql("DELETE FROM owners WHERE id = 1000;", true);
            migrationBuilder.Sql("CREATE INDEX CONCURRENTLY pets_born ON pets (born);", true);
            migrationBuilder.Sql("DROP INDEX CONCURRENTLY owners_email;", true);
            migrationBuilder.Sql("""DROP INDEX CONCURRENTLY "IX_pets_owner_id";""", true);
            migrationBuilder.DropColumn("colour", "pets");
        }
    }

    [DbContext(typeof(MixedContext))]
    [Migration("20260103000000_Constraints")]
    public sealed class Constraints : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                "ALTER TABLE pets ADD CONSTRAINT pets_owner FOREIGN KEY (owner_id) REFERENCES owners NOT VALID;",
                true
            );
            migrationBuilder.Sql("ALTER TABLE pets ADD CONSTRAINT pets_name CHECK (name <> '') NOT VALID;", true);
            migrationBuilder.Sql("ALTER TABLE pets VALIDATE CONSTRAINT pets_owner;", true);
            migrationBuilder.Sql("ALTER TABLE pets VALIDATE CONSTRAINT pets_name;", true);
        }

        protected override void Down(MigrationBuilder migrationBuilder) =>
            migrationBuilder.Sql("ALTER TABLE pets DROP CONSTRAINT pets_owner, DROP CONSTRAINT pets_name;");
    }

    [DbContext(typeof(MixedContext))]
    [Migration("20260104000000_Kinds")]
    public sealed class Kinds : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("CREATE TYPE kind AS ENUM ('cat');");
            migrationBuilder.Sql("ALTER TYPE kind ADD VALUE 'dog';", true);
            migrationBuilder.Sql("ALTER TABLE pets ADD kind kind NOT NULL DEFAULT 'dog';");
            migrationBuilder.Sql(
                """
                CREATE FUNCTION pet_count() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
                BEGIN
                    RETURN (SELECT count(*) FROM pets);
                END $$;
                """
            );
        }

        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP FUNCTION pet_count();");
            migrationBuilder.Sql("ALTER TABLE pets DROP kind; DROP TYPE kind;");
        }
    }

    [DbContext(typeof(MixedContext))]
    [Migration("20260105000000_Batches")]
    public sealed class Batches : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Commits by itself, so it cannot share a transaction with its journal row, and is written to be repeatable.
            migrationBuilder.Sql(
                """
                DO $$
                BEGIN
                    FOR i IN 0..4 LOOP
                        UPDATE pets SET weight = id WHERE id % 5 = i AND weight IS NULL;
                        COMMIT;
                    END LOOP;
                END $$;
                """,
                true
            );
            migrationBuilder.Sql("VACUUM pets;", true);
        }

        protected override void Down(MigrationBuilder migrationBuilder) =>
            migrationBuilder.Sql("UPDATE pets SET weight = NULL;");
    }
}
