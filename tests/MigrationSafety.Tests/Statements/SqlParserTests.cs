using System.Globalization;
using MigrationSafety.Hazards;
using MigrationSafety.Statements;
using MigrationSafety.Statements.Parsing;
using MigrationSafety.Statements.Syntax;
using Xunit;

namespace MigrationSafety.Tests.Statements;

public sealed class SqlParserTests
{
    private static readonly string Accepted = File.ReadAllText(
        Path.Combine(AppContext.BaseDirectory, "Statements", "accepted.sql")
    );

    [Fact]
    public void Everything_that_PostgreSQL_accepts_is_read()
    {
        var statements = SqlScanner.Split(Accepted);
        Assert.True(statements.Count > 250, statements.Count.ToString(CultureInfo.InvariantCulture));
        Assert.Empty(
            statements
                .Select(s => (s.Text, Parsed: SqlParser.Parse(s.Text)))
                .Where(s => s.Parsed is UnknownStatement)
                .Select(s => $"{((UnknownStatement)s.Parsed).Why}: {s.Text}")
        );
    }

    [Fact]
    public void A_schema_with_everything_is_read()
    {
        var sql = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Schema", "everything.sql"));
        Assert.Empty(new HazardReview().Review([HazardScript.OfFile("everything.sql", sql)]).NotRead);
    }

    /// <summary>Half a statement, a statement in another's middle: whatever it is, reading and reviewing it throws nothing.</summary>
    [Fact]
    public void Nothing_that_is_broken_throws()
    {
        var statements = SqlScanner.Split(Accepted).Select(s => s.Text).ToList();
        var random = new Random(5);
        var broken = new List<string>();
        foreach (var statement in statements)
        {
            for (var i = 0; i < 12; i++)
            {
                var cut = random.Next(statement.Length + 1);
                broken.Add(statement[..cut]);
                var other = statements[random.Next(statements.Count)];
                broken.Add(statement[..cut] + " " + other[random.Next(other.Length + 1)..]);
            }
        }

        var review = new HazardReview();
        review.AddSchema(Accepted);
        review.Review(broken.Select((sql, i) => HazardScript.OfFile($"{i}.sql", sql)));
    }

    [Fact]
    public void A_table_is_taken_apart()
    {
        var table = Assert.IsType<CreateTable>(
            SqlParser.Parse(
                """
                CREATE TABLE "s"."T" (
                  id bigserial PRIMARY KEY,
                  "Name" varchar(20) DEFAULT 'a, b'::character varying NOT NULL CHECK (length("Name") > 1),
                  at timestamp(3) with time zone,
                  owner int REFERENCES people (id) ON DELETE SET NULL NOT NULL,
                  CONSTRAINT pair UNIQUE (at, owner)
                )
                """
            )
        );
        Assert.Equal(new ObjectName("s", "T"), table.Name);
        Assert.Equal(
            ["id bigserial", "Name character varying(20)", "at timestamp(3) with time zone", "owner integer"],
            table.Columns.Select(c => $"{c.Name} {c.Type}")
        );
        Assert.Equal([true, true, false, true], table.Columns.Select(c => c.NotNull));
        Assert.Equal("'a, b'::character varying", table.Columns[1].Default?.Text);
        Assert.Equal(
            [ConstraintKind.PrimaryKey, ConstraintKind.Check, ConstraintKind.ForeignKey, ConstraintKind.Unique],
            table.Constraints.Select(c => c.Kind)
        );
    }

    [Fact]
    public void A_script_of_EF_Core_is_read_through_its_blocks()
    {
        var block = Assert.IsType<DoBlock>(
            SqlParser.Parse(
                """
                DO $EF$
                BEGIN
                    IF NOT EXISTS(SELECT 1 FROM "__EFMigrationsHistory" WHERE "MigrationId" = '1_A') THEN
                    CREATE INDEX "IX_a" ON users (email);
                    END IF;
                END $EF$
                """
            )
        );
        var nested = Assert.Single(block.Statements);
        Assert.Equal("CREATE INDEX \"IX_a\" ON users (email)", nested.Text);
        Assert.IsType<CreateIndex>(nested.Statement);
    }

    [Theory]
    [InlineData("EXECUTE 'DROP TABLE a'", "DROP TABLE a")]
    [InlineData("EXECUTE format('DROP TABLE %I', 'a')", "DROP TABLE a")]
    [InlineData("EXECUTE pg_catalog.format('DROP TABLE %I.%I', 'a', name)", "DROP TABLE a.…")]
    [InlineData("EXECUTE 'DROP TABLE ' || quote_ident(name) || ' CASCADE'", "DROP TABLE … CASCADE")]
    [InlineData("EXECUTE format('CREATE INDEX idx_%I ON t (%I)', name, 'A')", "CREATE INDEX idx_… ON t (\"A\")")]
    [InlineData("IF a THEN DELETE FROM b WHERE c", "DELETE FROM b WHERE c")]
    [InlineData("FOR r IN SELECT 1 LOOP ALTER TABLE a ADD b int", "ALTER TABLE a ADD b int")]
    [InlineData("EXECUTE sql", null)]
    [InlineData("PERFORM f()", null)]
    public void A_block_is_read_as_far_as_it_is_written_out(string statement, string? inside)
    {
        var block = Assert.IsType<DoBlock>(SqlParser.Parse($"DO $x$ BEGIN {statement}; END $x$"));
        Assert.Equal(inside, block.Statements.Select(s => s.Text).SingleOrDefault());
    }

    [Fact]
    public void Rows_of_a_copy_and_commands_of_psql_are_no_statements() =>
        Assert.Equal(
            ["SELECT 1", "COPY t FROM stdin", "SELECT 2", "SELECT 3", "COPY u FROM 'file'", "SELECT 4"],
            SqlScanner
                .Split(
                    "\\set a 'b\nSELECT 1;\nCOPY t FROM stdin;\n1\t';\n\\.\nSELECT 2 \\gexec\n\\copy a from b;\nSELECT 3;COPY u FROM 'file';SELECT 4"
                )
                .Select(s => s.Text)
        );

    /// <summary>The size is the premise; the time is asserted nowhere, and printed by the command that measures it.</summary>
    [Fact]
    public void A_thousand_migrations_are_reviewed()
    {
        var scripts = Enumerable
            .Range(0, 1000)
            .Select(i => new HazardScript([
                new HazardCommand(
                    $"CREATE TABLE t{i} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL DEFAULT '', other bigint);"
                ),
                new HazardCommand($"ALTER TABLE t{i / 2} ADD COLUMN c{i} text;"),
                new HazardCommand($"CREATE INDEX CONCURRENTLY ix{i} ON t{i / 2} (name, c{i});")
                {
                    TransactionSuppressed = true,
                },
            ])
            {
                Migration = $"{i:00000}_M",
                Direction = "Up",
            });
        Assert.Empty(new HazardReview().Review(scripts).NotRead);
    }
}
