using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using MigrationSafety.Rewriting;
using Xunit;

namespace MigrationSafety.Tests.Rewriting;

/// <summary>The SQL of each online form. "--" stands before a command that is committed by itself.</summary>
public class OnlineFormTests
{
    [Fact]
    public void Index() =>
        AssertSql(
            m => m.CreateIndex("IX_t_a", "t", "a", schema: "s", unique: true, filter: "a > 0"),
            """
            -- CREATE UNIQUE INDEX CONCURRENTLY "IX_t_a" ON s.t (a) WHERE a > 0;
            """
        );

    [Fact]
    public void Dropped_index() =>
        AssertSql(
            m => m.DropIndex("IX_t_a", schema: "s", table: "t"),
            """
            -- DROP INDEX CONCURRENTLY s."IX_t_a";
            """
        );

    [Fact]
    public void Changed_index_is_never_missing() =>
        AssertSql(
            m =>
            {
                m.DropIndex("IX_t_a", table: "t");
                m.DropIndex("IX_t_gone", table: "t");
                m.CreateIndex("IX_t_a", "t", ["a", "b"]);
            },
            """
            -- DROP INDEX CONCURRENTLY "IX_t_gone";
            -- CREATE INDEX CONCURRENTLY "IX_t_a_successor" ON t (a, b);
            -- DROP INDEX CONCURRENTLY "IX_t_a";
            -- ALTER INDEX "IX_t_a_successor" RENAME TO "IX_t_a";
            """
        );

    [Fact]
    public void Foreign_key() =>
        AssertSql(
            m => m.AddForeignKey("FK", "t", "a", "p", principalColumn: "id", onDelete: ReferentialAction.Cascade),
            """
            -- ALTER TABLE t ADD CONSTRAINT "FK" FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE NOT VALID;
            -- ALTER TABLE t VALIDATE CONSTRAINT "FK";
            """
        );

    [Fact]
    public void Changed_foreign_key_is_never_missing() =>
        AssertSql(
            m =>
            {
                m.DropForeignKey("FK", "t");
                m.AddForeignKey("FK", "t", "a", "p", principalColumn: "id");
            },
            """
            ALTER TABLE t DROP CONSTRAINT "FK";
            ALTER TABLE t ADD CONSTRAINT "FK" FOREIGN KEY (a) REFERENCES p (id) NOT VALID;
            -- ALTER TABLE t VALIDATE CONSTRAINT "FK";
            """
        );

    [Fact]
    public void Check() =>
        AssertSql(
            m => m.AddCheckConstraint("CK", "t", "a > 0"),
            """
            -- ALTER TABLE t ADD CONSTRAINT "CK" CHECK (a > 0) NOT VALID;
            -- ALTER TABLE t VALIDATE CONSTRAINT "CK";
            """
        );

    [Fact]
    public void Unique_constraint() =>
        AssertSql(
            m => m.AddUniqueConstraint("AK", "t", ["a", "b"], schema: "s"),
            """
            -- CREATE UNIQUE INDEX CONCURRENTLY "AK" ON s.t (a, b);
            -- ALTER TABLE s.t ADD CONSTRAINT "AK" UNIQUE USING INDEX "AK";
            """
        );

    [Fact]
    public void Primary_key_over_a_column_that_the_migration_makes_required() =>
        AssertSql(
            m =>
            {
                m.AddColumn<int>("a", "t", "integer", defaultValue: 0);
                m.AddPrimaryKey("PK", "t", "a");
            },
            """
            ALTER TABLE t ADD a integer NOT NULL DEFAULT 0;
            -- CREATE UNIQUE INDEX CONCURRENTLY "PK" ON t (a);
            -- ALTER TABLE t ADD CONSTRAINT "PK" PRIMARY KEY USING INDEX "PK";
            """
        );

    [Fact]
    public void Changed_primary_key_is_never_missing() =>
        AssertSql(
            m =>
            {
                m.DropPrimaryKey("PK_old", "t");
                m.AddPrimaryKey("PK", "t", "a");
            },
            """
            -- ALTER TABLE t ADD CONSTRAINT t_a_is_not_null CHECK (a IS NOT NULL) NOT VALID;
            -- ALTER TABLE t VALIDATE CONSTRAINT t_a_is_not_null;
            -- ALTER TABLE t ALTER COLUMN a SET NOT NULL; ALTER TABLE t DROP CONSTRAINT t_a_is_not_null;
            -- CREATE UNIQUE INDEX CONCURRENTLY "PK_successor" ON t (a);
            -- ALTER TABLE t DROP CONSTRAINT "PK_old", ADD CONSTRAINT "PK" PRIMARY KEY USING INDEX "PK_successor";
            """
        );

    [Fact]
    public void Required_column() =>
        AssertSql(
            m =>
                m.AlterColumn<int>("a", "t", "integer", oldClrType: typeof(int), oldType: "integer", oldNullable: true),
            """
            ALTER TABLE t ALTER COLUMN a TYPE integer;
            -- ALTER TABLE t ADD CONSTRAINT t_a_is_not_null CHECK (a IS NOT NULL) NOT VALID;
            -- ALTER TABLE t VALIDATE CONSTRAINT t_a_is_not_null;
            -- ALTER TABLE t ALTER COLUMN a SET NOT NULL; ALTER TABLE t DROP CONSTRAINT t_a_is_not_null;
            """
        );

    [Fact]
    public void Required_column_with_a_default() =>
        AssertSql(
            m =>
                m.AlterColumn<int>(
                    "a",
                    "t",
                    "integer",
                    defaultValue: 7,
                    oldClrType: typeof(int),
                    oldType: "integer",
                    oldNullable: true
                ),
            """
            ALTER TABLE t ALTER COLUMN a TYPE integer; ALTER TABLE t ALTER COLUMN a SET DEFAULT 7;
            -- DO $backfill$ …
            -- ALTER TABLE t ADD CONSTRAINT t_a_is_not_null CHECK (a IS NOT NULL) NOT VALID;
            -- DO $backfill$ …
            -- ALTER TABLE t VALIDATE CONSTRAINT t_a_is_not_null;
            -- ALTER TABLE t ALTER COLUMN a SET NOT NULL; ALTER TABLE t DROP CONSTRAINT t_a_is_not_null;
            """
        );

    [Fact]
    public void Required_column_on_PostgreSQL_18() =>
        AssertSql(
            m =>
                m.AlterColumn<int>("a", "t", "integer", oldClrType: typeof(int), oldType: "integer", oldNullable: true),
            """
            ALTER TABLE t ALTER COLUMN a TYPE integer;
            -- ALTER TABLE t ADD CONSTRAINT t_a_not_null NOT NULL a NOT VALID;
            -- ALTER TABLE t VALIDATE CONSTRAINT t_a_not_null;
            """,
            new Version(18, 0)
        );

    [Fact]
    public void Column_with_a_volatile_default() =>
        AssertSql(
            m => m.AddColumn<Guid>("a", "t", "uuid", defaultValueSql: "gen_random_uuid()", comment: "c"),
            """
            ALTER TABLE t ADD a uuid; COMMENT ON COLUMN t.a IS 'c';
            ALTER TABLE t ALTER COLUMN a SET DEFAULT (gen_random_uuid());
            -- DO $backfill$ …
            -- ALTER TABLE t ADD CONSTRAINT t_a_is_not_null CHECK (a IS NOT NULL) NOT VALID;
            -- ALTER TABLE t VALIDATE CONSTRAINT t_a_is_not_null;
            -- ALTER TABLE t ALTER COLUMN a SET NOT NULL; ALTER TABLE t DROP CONSTRAINT t_a_is_not_null;
            """
        );

    [Theory]
    [InlineData("gen_random_uuid()", true)]
    [InlineData("clock_timestamp()", true)]
    [InlineData("nextval('s'::regclass)", true)]
    [InlineData("md5(random()::text)", true)]
    [InlineData("app.now()", true)]
    [InlineData("now()", false)]
    [InlineData("pg_catalog.now() AT TIME ZONE 'utc'", false)]
    [InlineData("CURRENT_TIMESTAMP(3)", false)]
    [InlineData("'random()'", false)]
    [InlineData("'x'::character varying(20)", false)]
    [InlineData("CAST('1.5' AS numeric(10, 2))", false)]
    [InlineData("(1 + 2)", false)]
    [InlineData("ARRAY[]::text[]", false)]
    public void A_default_that_may_differ_from_row_to_row_is_known(string sql, bool differs) =>
        Assert.Equal(differs, DefaultVolatility.DiffersFromRowToRow(sql));

    [Fact]
    public void Tables_of_the_same_migration_stay_as_they_are() =>
        AssertSql(
            m =>
            {
                m.CreateTable("old", t => new { a = t.Column<int>("integer") });
                m.RenameTable("old", newName: "t");
                m.CreateIndex("IX", "t", "a");
                m.AddForeignKey("FK", "t", "a", "p", principalColumn: "id");
                m.AddCheckConstraint("CK", "t", "a > 0");
                m.DropIndex("IX", table: "t");
            },
            """
            CREATE TABLE old ( a integer NOT NULL );
            ALTER TABLE old RENAME TO t;
            CREATE INDEX "IX" ON t (a);
            ALTER TABLE t ADD CONSTRAINT "FK" FOREIGN KEY (a) REFERENCES p (id);
            ALTER TABLE t ADD CONSTRAINT "CK" CHECK (a > 0);
            DROP INDEX "IX";
            """
        );

    [Fact]
    public void What_its_author_keeps_stays_as_it_is_and_says_why() =>
        AssertSql(
            m => m.CreateIndex("IX", "t", "a").KeepAsWritten("t is\npartitioned"),
            """
            -- as written: t is partitioned
            CREATE INDEX "IX" ON t (a);
            """,
            notes: true
        );

    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    public void Keeping_needs_a_reason(string? reason) =>
        Assert.ThrowsAny<ArgumentException>(() =>
            new MigrationBuilder("Npgsql").CreateIndex("IX", "t", "a").KeepAsWritten(reason!)
        );

    [Fact]
    public void An_idempotent_script_stays_as_it_is() =>
        AssertSql(
            m => m.CreateIndex("IX", "t", "a"),
            """
            CREATE INDEX "IX" ON t (a);
            """,
            options: MigrationsSqlGenerationOptions.Idempotent
        );

    [Fact]
    public void Turned_off_all_stays_as_it_is() =>
        AssertSql(
            m => m.CreateIndex("IX", "t", "a"),
            """
            CREATE INDEX "IX" ON t (a);
            """,
            rewrites: false
        );

    [Fact]
    public void What_runs_first_is_what_was_written_first() =>
        AssertSql(
            m =>
            {
                m.Sql("SELECT 1;");
                m.CreateIndex("IX", "t", "a");
                m.Sql("SELECT 2;");
                m.AddCheckConstraint("CK", "t", "a > 0");
                m.Sql("SELECT 3;");
            },
            """
            SELECT 1;
            -- CREATE INDEX CONCURRENTLY "IX" ON t (a);
            SELECT 2;
            -- ALTER TABLE t ADD CONSTRAINT "CK" CHECK (a > 0) NOT VALID;
            -- ALTER TABLE t VALIDATE CONSTRAINT "CK";
            SELECT 3;
            """
        );

    [Fact]
    public void The_operations_themselves_are_not_changed()
    {
        var builder = new MigrationBuilder("Npgsql.EntityFrameworkCore.PostgreSQL");
        builder.CreateIndex("IX", "t", "a");
        builder.AddColumn<Guid>("a", "t", "uuid", defaultValueSql: "gen_random_uuid()");
        builder.AlterColumn<int>("b", "t", "integer", defaultValue: 1, oldClrType: typeof(int), oldNullable: true);

        Generate(builder.Operations, null, rewrites: true, MigrationsSqlGenerationOptions.Default);

        Assert.Empty(builder.Operations.OfType<CreateIndexOperation>().Single().GetAnnotations());
        Assert.Equal("gen_random_uuid()", builder.Operations.OfType<AddColumnOperation>().Single().DefaultValueSql);
        Assert.False(builder.Operations.OfType<AlterColumnOperation>().Single().IsNullable);
    }

    /// <summary>Where no rails set them, the script does: short for what everybody queues behind, none for what runs CONCURRENTLY.</summary>
    [Fact]
    public void A_script_sets_its_time_outs() =>
        AssertSql(
            m =>
            {
                m.AddColumn<int>("b", "t", "integer", nullable: true);
                m.CreateIndex("IX_t_b", "t", "b");
                m.DropIndex("IX_t_a", table: "t");
                m.AddCheckConstraint("CK", "t", "b > 0");
            },
            """
            SET lock_timeout = '2000ms'; SET statement_timeout = '14400000ms';
            ALTER TABLE t ADD b integer;
            -- SET lock_timeout = 0; CREATE INDEX CONCURRENTLY "IX_t_b" ON t (b);
            -- DROP INDEX CONCURRENTLY "IX_t_a";
            -- SET lock_timeout = '2000ms'; ALTER TABLE t ADD CONSTRAINT "CK" CHECK (b > 0) NOT VALID;
            -- ALTER TABLE t VALIDATE CONSTRAINT "CK";
            """,
            options: MigrationsSqlGenerationOptions.Script
        );

    [Fact]
    public void Long_names_stay_within_63_bytes_and_apart()
    {
        var (one, other) = (new string('ä', 40) + "1", new string('ä', 40) + "2");

        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(ObjectName.With(one, "successor")), 50, 63);
        Assert.NotEqual(ObjectName.With(one, "successor"), ObjectName.With(other, "successor"));
        Assert.Equal(
            $"{new string('t', 27)}_{new string('c', 26)}_not_null",
            ObjectName.OfNotNull(new string('t', 40), new string('c', 40))
        );
    }

    private static void AssertSql(
        Action<MigrationBuilder> migration,
        string expected,
        Version? postgresVersion = null,
        bool rewrites = true,
        bool notes = false,
        MigrationsSqlGenerationOptions options = MigrationsSqlGenerationOptions.Default
    )
    {
        var builder = new MigrationBuilder("Npgsql.EntityFrameworkCore.PostgreSQL");
        migration(builder);
        var commands = Generate(builder.Operations, postgresVersion, rewrites, options)
            .Select(command => (command.TransactionSuppressed ? "-- " : "") + Text(command.CommandText, notes));

        Assert.Equal(expected, string.Join('\n', commands));
    }

    private static string Text(string sql, bool notes)
    {
        var lines = sql.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => notes || !line.StartsWith("-- online: ", StringComparison.Ordinal))
            .ToList();
        return lines[0].StartsWith("DO $backfill$", StringComparison.Ordinal) ? "DO $backfill$ …"
            : notes ? string.Join('\n', lines)
            : string.Join(' ', lines);
    }

    private static IReadOnlyList<MigrationCommand> Generate(
        IReadOnlyList<MigrationOperation> operations,
        Version? postgresVersion,
        bool rewrites,
        MigrationsSqlGenerationOptions options
    )
    {
        using var context = new Context(
            new DbContextOptionsBuilder()
                .UseNpgsql("Host=nowhere.invalid", npgsql => npgsql.SetPostgresVersion(postgresVersion))
                .UseMigrationSafety(o => o.OnlineRewrites(rewrites))
                .Options
        );
        return context.GetService<IMigrationsSqlGenerator>().Generate(operations, model: null, options);
    }

    private sealed class Context(DbContextOptions options) : DbContext(options);
}
