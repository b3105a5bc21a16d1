using MigrationSafety.Statements;
using Xunit;

namespace MigrationSafety.Tests.Statements;

public class SqlScannerTests
{
    [Theory]
    [InlineData("SELECT 1; SELECT 2", "SELECT 1", "SELECT 2")]
    [InlineData("SELECT ';'; SELECT \";\"", "SELECT ';'", "SELECT \";\"")]
    [InlineData("SELECT E'\\';'; SELECT 2", "SELECT E'\\';'", "SELECT 2")]
    [InlineData("-- a; b\nSELECT 1 /* ; /* ; */ */;", "SELECT 1")]
    [InlineData("DO $x$ BEGIN; END $x$; SELECT $1", "DO $x$ BEGIN; END $x$", "SELECT $1")]
    [InlineData(
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3",
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
        "SELECT 3"
    )]
    [InlineData(
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
        "SELECT 3"
    )]
    [InlineData(
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 ELSE 2 END; SELECT 2; END; SELECT 3",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 ELSE 2 END; SELECT 2; END",
        "SELECT 3"
    )]
    [InlineData(
        "SELECT U&'d\\0061;', $a$ $b$ ; $b$ $a$; SELECT a->>'b;'",
        "SELECT U&'d\\0061;', $a$ $b$ ; $b$ $a$",
        "SELECT a->>'b;'"
    )]
    [InlineData("SELECT (1; SELECT 2", "SELECT (1", "SELECT 2")]
    [InlineData(" ; ; ")]
    public void Statements_are_split_where_PostgreSQL_splits_them(string sql, params string[] statements) =>
        Assert.Equal(statements, SqlScanner.Split(sql).Select(statement => statement.Text));

    [Theory]
    [InlineData("CREATE INDEX CONCURRENTLY i ON t (a)", "i", "t", "CREATE INDEX i ON ", " (a)")]
    [InlineData(
        "create unique index concurrently if not exists \"I\" on only \"S\".\"T\" using btree (lower(a)) where b",
        "I",
        "\"S\".\"T\"",
        "CREATE UNIQUE INDEX \"I\" ON ",
        " using btree (lower(a)) where b"
    )]
    [InlineData("CREATE INDEX CONCURRENTLY Mixed ON s.t(a)", "mixed", "s.t", "CREATE INDEX Mixed ON ", "(a)")]
    public void A_concurrent_index_is_taken_apart(
        string sql,
        string index,
        string table,
        string before,
        string after
    ) =>
        Assert.Equal(new ConcurrentIndex(index, table, before, after), ConcurrentIndex.Parse(SqlScanner.Split(sql)[0]));

    [Theory]
    [InlineData("CREATE INDEX i ON t (a)")]
    [InlineData("CREATE INDEX CONCURRENTLY ON t (a)")]
    [InlineData("DROP INDEX CONCURRENTLY i")]
    public void Anything_else_is_not(string sql) => Assert.Null(ConcurrentIndex.Parse(SqlScanner.Split(sql)[0]));

    [Theory]
    [InlineData("VACUUM t", true)]
    [InlineData("CREATE INDEX CONCURRENTLY i ON t (a)", true)]
    [InlineData("REINDEX TABLE CONCURRENTLY t", true)]
    [InlineData("ALTER TABLE p DETACH PARTITION c CONCURRENTLY", true)]
    [InlineData("COMMIT", true)]
    [InlineData("ROLLBACK TO SAVEPOINT a", false)]
    [InlineData("ALTER TYPE k ADD VALUE 'x'", false)]
    [InlineData("CREATE INDEX i ON t (a)", false)]
    public void What_cannot_run_in_a_transaction_is_known(string sql, bool alone) =>
        Assert.Equal(alone, TransactionRules.MustRunAlone(SqlScanner.Split(sql)[0]));

    [Theory]
    [InlineData("SELECT 1; SELECT nope", 8, "column \"nope\" does not exist", 18)]
    [InlineData("SELECT nope", 8, "column \"nope\" does not exist", 8)]
    [InlineData("SELECT nope; SELECT nope", 8, "column \"nope\" does not exist", 0)]
    public void A_position_is_found_in_the_script_or_not_pretended(
        string sql,
        int position,
        string message,
        int expected
    ) => Assert.Equal(expected, FailedStatement.PositionInScript(sql, position, message));
}
