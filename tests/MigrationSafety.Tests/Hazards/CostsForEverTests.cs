using Xunit;

namespace MigrationSafety.Tests.Hazards;

/// <summary>What every later day pays for, and what is as it should be.</summary>
public sealed class CostsForEverTests
{
    private const string Users = "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL UNIQUE);";

    private const string Invoices =
        "CREATE TABLE invoices (id bigint PRIMARY KEY, user_id bigint NOT NULL, due date, state text, total numeric);";

    [Theory]
    [InlineData(
        "foreign-key-without-index",
        Users + Invoices,
        "ALTER TABLE invoices ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users NOT VALID;"
    )]
    [InlineData(
        "foreign-key-without-index",
        Users,
        "CREATE TABLE t (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id)); CREATE INDEX i ON t (id, user_id);"
    )]
    [InlineData(
        "duplicate-index",
        Invoices + "CREATE INDEX a ON invoices (user_id, due);",
        "CREATE INDEX CONCURRENTLY b ON invoices (user_id);"
    )]
    [InlineData(
        "duplicate-index",
        Invoices + "CREATE INDEX a ON invoices (user_id);",
        "CREATE INDEX CONCURRENTLY b ON invoices (user_id, due);"
    )]
    [InlineData("duplicate-index", Users, "CREATE UNIQUE INDEX CONCURRENTLY b ON users (email);")]
    [InlineData("primary-key-missing", "", "CREATE TABLE t (a bigint NOT NULL UNIQUE);")]
    [InlineData("primary-key-missing", Users, "CREATE TABLE t AS SELECT id FROM users;")]
    [InlineData("int-key-overflow", "", "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY);")]
    [InlineData("int-key-overflow", "", "CREATE TABLE t (key int DEFAULT nextval('s') PRIMARY KEY);")]
    [InlineData("timestamp-without-zone", Users, "ALTER TABLE users ADD COLUMN seen_at timestamp(3);")]
    [InlineData("char-type", "", "CREATE TABLE t (id bigint PRIMARY KEY, code character(3));")]
    [InlineData("money-type", "", "CREATE TABLE t (id bigint PRIMARY KEY, price money);")]
    [InlineData("json-type", "", "CREATE TABLE t (id bigint PRIMARY KEY, data json);")]
    [InlineData("wide-index", Invoices, "CREATE INDEX CONCURRENTLY i ON invoices (user_id, due, state, total);")]
    public void Dangerous(string hazard, string schema, string sql) =>
        Assert.Contains(hazard, Reviewing.File(schema, sql).Findings.Select(f => f.Hazard));

    [Theory]
    [InlineData(
        Users,
        "CREATE TABLE t (id bigint PRIMARY KEY, user_id bigint REFERENCES users); CREATE INDEX i ON t (user_id, id);"
    )]
    [InlineData(
        Users,
        "CREATE TABLE t (id bigint PRIMARY KEY, user_id bigint REFERENCES users); CREATE INDEX i ON t (user_id) WHERE user_id IS NOT NULL;"
    )]
    [InlineData(Users, "CREATE TABLE t (user_id bigint REFERENCES users, n bigint, PRIMARY KEY (user_id, n));")]
    [InlineData(
        Users,
        "CREATE TABLE t (id bigint, user_id bigint, n bigint, PRIMARY KEY (id), UNIQUE (user_id, n), FOREIGN KEY (user_id) REFERENCES users);"
    )]
    [InlineData("", "ALTER TABLE elsewhere ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users NOT VALID;")]
    [InlineData(
        Invoices + "CREATE INDEX a ON invoices (user_id) WHERE state = 'open';",
        "CREATE INDEX CONCURRENTLY b ON invoices (user_id, due);"
    )]
    [InlineData(
        Invoices + "CREATE INDEX a ON invoices (due, user_id);",
        "CREATE INDEX CONCURRENTLY b ON invoices (user_id);"
    )]
    [InlineData(
        Invoices + "CREATE UNIQUE INDEX a ON invoices (user_id);",
        "CREATE INDEX CONCURRENTLY b ON invoices (user_id, due);"
    )]
    [InlineData(
        Invoices + "CREATE INDEX a ON invoices (user_id);",
        "CREATE INDEX CONCURRENTLY b ON invoices (user_id, due); DROP INDEX CONCURRENTLY a;"
    )]
    [InlineData("", "CREATE TABLE t (a bigint NOT NULL); ALTER TABLE t ADD PRIMARY KEY (a);")]
    [InlineData("", "CREATE TEMPORARY TABLE t (a integer, b timestamp);")]
    [InlineData(
        "",
        "CREATE TABLE t (code smallint PRIMARY KEY, at timestamptz, day date, data jsonb, price numeric, name varchar(20));"
    )]
    [InlineData(
        "CREATE TABLE p (id bigint, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
    )]
    [InlineData(Invoices, "CREATE UNIQUE INDEX CONCURRENTLY i ON invoices (user_id, due, state, total);")]
    [InlineData(Invoices, "CREATE INDEX CONCURRENTLY i ON invoices (user_id, due) INCLUDE (state, total);")]
    public void Safe(string schema, string sql) =>
        Assert.Empty(Reviewing.File(schema, sql).Findings.Select(f => $"{f.Hazard}: {f.What}"));
}
