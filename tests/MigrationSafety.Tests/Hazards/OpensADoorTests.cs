using Xunit;

namespace MigrationSafety.Tests.Hazards;

/// <summary>What lets strangers in, and what only looks like it.</summary>
public sealed class OpensADoorTests
{
    // Row-level security is used here: an API serves this schema.
    private const string Served = """
        CREATE TABLE users (id text PRIMARY KEY);
        ALTER TABLE users ENABLE ROW LEVEL SECURITY;
        CREATE POLICY users_read ON users FOR SELECT TO authenticated USING (id = (SELECT auth.uid()));
        """;

    private const string Invoices = """
        CREATE TABLE invoices (id bigint PRIMARY KEY, user_id text NOT NULL, is_public boolean NOT NULL);
        ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
        """;

    [Theory]
    [InlineData("rls-missing", Served, "CREATE TABLE notes (id bigint PRIMARY KEY);")]
    [InlineData(
        "rls-missing",
        "",
        "CREATE TABLE notes (id bigint PRIMARY KEY); GRANT SELECT ON notes TO authenticated;"
    )]
    [InlineData(
        "rls-missing",
        Served,
        "ALTER TABLE users DISABLE ROW LEVEL SECURITY; DROP POLICY users_read ON users;"
    )]
    [InlineData("rls-without-policy", "", Invoices)]
    [InlineData("rls-missing", Served, "ALTER TABLE users DISABLE ROW LEVEL SECURITY;")]
    [InlineData("rls-missing", Served, "CREATE TABLE copied AS SELECT * FROM users;")]
    [InlineData("rls-missing", Served, "CREATE TABLE copied (LIKE users INCLUDING ALL);")]
    [InlineData("rls-without-policy", Served, "DROP POLICY users_read ON users;")]
    [InlineData(
        "policy-without-rls",
        "CREATE TABLE t (id bigint PRIMARY KEY);",
        "CREATE POLICY p ON t FOR SELECT TO authenticated USING (id = 1);"
    )]
    [InlineData("policy-without-rls", Served, "ALTER TABLE users DISABLE ROW LEVEL SECURITY;")]
    [InlineData("policy-always-true", Invoices, "CREATE POLICY p ON invoices USING (true);")]
    [InlineData(
        "policy-always-true",
        Invoices,
        "CREATE POLICY p ON invoices FOR UPDATE TO authenticated USING (user_id = (SELECT auth.uid())) WITH CHECK (1 = 1);"
    )]
    [InlineData(
        "policy-always-true",
        Invoices,
        "CREATE POLICY p ON invoices FOR DELETE TO authenticated USING (user_id = (SELECT auth.uid())); ALTER POLICY p ON invoices USING (true);"
    )]
    [InlineData(
        "policy-function-per-row",
        Invoices,
        "CREATE POLICY p ON invoices FOR SELECT TO authenticated USING (auth.uid()::text = user_id);"
    )]
    [InlineData(
        "policy-function-per-row",
        Invoices,
        "CREATE POLICY p ON invoices FOR SELECT TO authenticated USING (EXISTS (SELECT 1 FROM users u WHERE u.id = auth.uid()));"
    )]
    [InlineData(
        "policy-function-per-row",
        Invoices + "CREATE FUNCTION may_see(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true';",
        "CREATE POLICY p ON invoices FOR SELECT TO authenticated USING (may_see(id));"
    )]
    [InlineData(
        "policies-overlap",
        Invoices,
        "CREATE POLICY a ON invoices FOR ALL TO authenticated USING (user_id = (SELECT auth.uid())); CREATE POLICY b ON invoices FOR SELECT USING (is_public);"
    )]
    [InlineData(
        "security-definer-search-path",
        "",
        "CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';"
    )]
    [InlineData(
        "security-definer-search-path",
        "CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "ALTER FUNCTION app.f() SECURITY DEFINER;"
    )]
    [InlineData(
        "security-definer-exposed",
        Served,
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1';"
    )]
    [InlineData(
        "security-definer-exposed",
        Served,
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1'; REVOKE ALL ON FUNCTION f() FROM PUBLIC; GRANT EXECUTE ON FUNCTION f() TO anon;"
    )]
    [InlineData("view-bypasses-rls", Served, "CREATE VIEW v AS SELECT * FROM users;")]
    [InlineData(
        "view-bypasses-rls",
        Served + "CREATE VIEW v WITH (security_invoker = true) AS SELECT * FROM users;",
        "ALTER VIEW v SET (security_invoker = off);"
    )]
    [InlineData(
        "view-bypasses-rls",
        Served + "CREATE VIEW v WITH (security_invoker = true) AS SELECT * FROM users;",
        "ALTER VIEW v RESET (security_invoker);"
    )]
    [InlineData("security-definer-search-path", "", "ALTER FUNCTION app.unknown(integer) SECURITY DEFINER;")]
    [InlineData(
        "policy-function-per-row",
        Invoices,
        "CREATE POLICY p ON invoices FOR INSERT TO authenticated WITH CHECK (user_id = auth.uid()::text);"
    )]
    [InlineData("extension-in-public", "", "CREATE EXTENSION hstore WITH SCHEMA public;")]
    [InlineData("grant-to-everybody", "CREATE TABLE t (id bigint PRIMARY KEY);", "GRANT SELECT ON t TO PUBLIC;")]
    [InlineData("grant-to-everybody", "", "GRANT ALL ON ALL TABLES IN SCHEMA public TO anon;")]
    [InlineData("grant-to-everybody", "", "GRANT CREATE ON SCHEMA public TO PUBLIC;")]
    [InlineData("default-privileges-grant", "", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO anon;")]
    [InlineData("credential-in-migration", "", "ALTER ROLE app PASSWORD 'hunter2';")]
    [InlineData(
        "credential-in-migration",
        "CREATE TABLE users (id bigint PRIMARY KEY, password text);",
        "UPDATE users SET password = 'hunter2' WHERE id = 1;"
    )]
    [InlineData(
        "credential-in-migration",
        "",
        "CREATE USER MAPPING FOR app SERVER other OPTIONS (user 'app', password 'hunter2');"
    )]
    [InlineData(
        "sample-data-in-migration",
        "CREATE TABLE users (id bigint PRIMARY KEY, email text);",
        "INSERT INTO users VALUES (1, 'bob@example.org');"
    )]
    public void Dangerous(string hazard, string schema, string sql) =>
        Assert.Contains(hazard, Reviewing.File(schema, sql).Findings.Select(f => f.Hazard));

    [Theory]
    // No sign of an API: an application stands before this database, and decides by itself.
    [InlineData("", "CREATE TABLE notes (id bigint PRIMARY KEY); CREATE VIEW v AS SELECT id FROM notes;")]
    [InlineData("", "CREATE TABLE notes (id bigint PRIMARY KEY); GRANT SELECT ON notes TO reporting;")]
    [InlineData(
        "",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1';"
    )]
    [InlineData(Served, "CREATE TABLE app_private.notes (id bigint PRIMARY KEY);")]
    [InlineData(Served, "CREATE TEMPORARY TABLE notes (id bigint);")]
    [InlineData(
        Served,
        "CREATE TABLE notes (id bigint PRIMARY KEY); ALTER TABLE notes ENABLE ROW LEVEL SECURITY; REVOKE ALL ON TABLE notes FROM PUBLIC, anon, authenticated, service_role;"
    )]
    [InlineData(Served, "CREATE VIEW v WITH (security_invoker = on) AS SELECT id FROM users;")]
    [InlineData(Served + "CREATE VIEW v AS SELECT id FROM users;", "ALTER VIEW v SET (security_invoker = true);")]
    [InlineData("", "ALTER FUNCTION app.unknown(integer) SECURITY DEFINER SET search_path = '';")]
    [InlineData(
        Invoices,
        "CREATE POLICY p ON invoices FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()::text));"
    )]
    [InlineData(
        Served,
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS 'BEGIN RETURN NEW; END';"
    )]
    [InlineData(
        Served,
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1'; REVOKE ALL ON FUNCTION f() FROM PUBLIC;"
    )]
    [InlineData(Invoices, "CREATE POLICY p ON invoices FOR SELECT USING (true);")]
    [InlineData(Invoices, "CREATE POLICY p ON invoices TO service_role USING (true) WITH CHECK (true);")]
    [InlineData(Invoices, "CREATE POLICY p ON invoices AS RESTRICTIVE FOR UPDATE TO authenticated USING (true);")]
    [InlineData(
        Invoices,
        "CREATE POLICY p ON invoices FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()::text) AND lower(user_id) <> '');"
    )]
    [InlineData(
        Invoices,
        "CREATE POLICY p ON invoices FOR SELECT TO authenticated USING (user_id = (SELECT current_setting('app.user', true)));"
    )]
    [InlineData(
        Invoices,
        "CREATE POLICY a ON invoices FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid())); CREATE POLICY b ON invoices FOR SELECT TO anon USING (is_public);"
    )]
    [InlineData(
        Invoices,
        "CREATE POLICY a ON invoices FOR SELECT TO anon USING (is_public); GRANT SELECT ON invoices TO anon;"
    )]
    [InlineData("", "CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA extensions; CREATE EXTENSION plpgsql;")]
    [InlineData("", "GRANT USAGE ON SCHEMA public TO anon, authenticated;")]
    [InlineData("", "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, anon;")]
    [InlineData("", "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM anon;")]
    [InlineData("", "CREATE ROLE app NOLOGIN; ALTER ROLE app PASSWORD NULL;")]
    [InlineData(
        "",
        "CREATE FUNCTION f(p text) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT EXISTS (SELECT FROM users WHERE password = p)';"
    )]
    [InlineData("", "GRANT EXECUTE ON FUNCTION f() TO anon;")]
    [InlineData(
        "CREATE TABLE kinds (id bigint PRIMARY KEY, name text);",
        "INSERT INTO kinds VALUES (1, 'admin'), (2, 'see https://example.com/kinds');"
    )]
    public void Safe(string schema, string sql) =>
        Assert.Empty(Reviewing.File(schema, sql).Findings.Select(f => $"{f.Hazard}: {f.What}"));

    [Fact]
    public void A_password_is_not_said_again()
    {
        var finding = Assert.Single(Reviewing.File("", "CREATE ROLE app LOGIN PASSWORD 'hunter2';").Findings);

        Assert.DoesNotContain("hunter2", finding.ToString(), System.StringComparison.Ordinal);
    }
}
