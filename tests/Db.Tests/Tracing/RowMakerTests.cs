using Db.Tracing.Rows;
using Npgsql;
using Xunit;

namespace Db.Tests.Tracing;

public class RowMakerTests(PostgresServer postgres)
{
    private const int Rows = 300;

    private const string Schema = """
        CREATE EXTENSION citext;
        CREATE TYPE mood AS ENUM ('happy', 'sad', 'fine');
        CREATE DOMAIN zip AS text CHECK (VALUE ~ '^[0-9]{5}$');
        CREATE DOMAIN percent AS numeric(5, 2) NOT NULL CHECK (VALUE BETWEEN 0 AND 100);
        CREATE TYPE pair AS (a int, b text);

        CREATE TABLE a_types (
            id serial PRIMARY KEY, c1 text NOT NULL, c2 varchar(3) NOT NULL UNIQUE, c3 char(2) NOT NULL, c4 smallint NOT NULL, c5 bigint NOT NULL,
            c6 numeric(4, 2) NOT NULL, c7 real NOT NULL, c8 boolean NOT NULL, c9 uuid NOT NULL UNIQUE, c10 date NOT NULL,
            c11 timestamptz NOT NULL, c12 time NOT NULL, c13 interval NOT NULL, c14 jsonb NOT NULL, c15 bytea NOT NULL, c16 inet NOT NULL,
            c17 cidr NOT NULL, c18 macaddr NOT NULL, c19 bit(5) NOT NULL, c20 point NOT NULL, c21 int4range NOT NULL, c22 tstzrange NOT NULL,
            c23 mood NOT NULL, c24 mood[] NOT NULL, c25 zip NOT NULL, c26 percent, c27 money NOT NULL, c28 xml NOT NULL,
            c29 tsvector NOT NULL, c30 int4multirange NOT NULL, c31 citext NOT NULL, c32 text[] NOT NULL, c33 pair,
            c34 int GENERATED ALWAYS AS (c4 * 2) STORED, "Odd ""name" text NOT NULL, i_ int NOT NULL);

        CREATE TABLE b_checks (
            id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            email text NOT NULL CHECK (email LIKE '%@%') UNIQUE,
            slug text NOT NULL CHECK (slug ~ '^[a-z][a-z0-9-]{2,30}$') UNIQUE,
            country char(2) NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
            hash text NOT NULL CHECK (length(hash) = 64),
            role text NOT NULL CHECK (role IN ('member', 'admin')),
            starts date NOT NULL, ends date NOT NULL, CHECK (ends > starts AND ends < starts + 400),
            age int NOT NULL CHECK (age >= 18 AND age < 130),
            price numeric(8, 2) NOT NULL CHECK (price > 99.5),
            low int NOT NULL, high int NOT NULL, CHECK (high - low BETWEEN 3 AND 5),
            meta jsonb NOT NULL CHECK (jsonb_typeof(meta) = 'array'),
            state text NOT NULL CHECK (state = upper(state)));

        CREATE TABLE c_tenants (id uuid PRIMARY KEY, name text NOT NULL);
        CREATE TABLE d_members (tenant_id uuid NOT NULL REFERENCES c_tenants, id int NOT NULL, boss_id int, PRIMARY KEY (tenant_id, id),
            FOREIGN KEY (tenant_id, boss_id) REFERENCES d_members (tenant_id, id));
        CREATE TABLE e_documents (id int PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES c_tenants, author_id int NOT NULL,
            FOREIGN KEY (tenant_id, author_id) REFERENCES d_members (tenant_id, id));
        CREATE TABLE f_either (id int PRIMARY KEY, check_id int REFERENCES b_checks, type_id int REFERENCES a_types,
            CHECK (num_nonnulls(check_id, type_id) = 1));
        CREATE TABLE g_join (left_id int NOT NULL REFERENCES b_checks, right_id int NOT NULL REFERENCES a_types, PRIMARY KEY (left_id, right_id));
        CREATE TABLE h_one (id int PRIMARY KEY REFERENCES b_checks, secret text);
        CREATE TABLE i_tree (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES i_tree);
        CREATE TABLE j_hen (id int PRIMARY KEY, egg_id int);
        CREATE TABLE k_egg (id int PRIMARY KEY, hen_id int NOT NULL REFERENCES j_hen);
        ALTER TABLE j_hen ADD FOREIGN KEY (egg_id) REFERENCES k_egg;
        CREATE TABLE l_days (day date NOT NULL, n int NOT NULL) PARTITION BY RANGE (day);
        CREATE TABLE l_days_1 PARTITION OF l_days FOR VALUES FROM ('2031-01-01') TO ('2031-02-01');
        CREATE TABLE l_days_2 PARTITION OF l_days FOR VALUES FROM ('2031-02-01') TO ('2031-03-01');
        CREATE TABLE m_trigger (id int PRIMARY KEY, updated timestamptz, hint text);
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.hint IS NOT NULL THEN RAISE 'no hints'; END IF; NEW.updated := '2020-01-01'; RETURN NEW; END $$;
        CREATE TRIGGER keep BEFORE INSERT ON m_trigger FOR EACH ROW EXECUTE FUNCTION keep();
        CREATE TABLE n_booking (id int PRIMARY KEY, room int NOT NULL, during tstzrange NOT NULL);
        ALTER TABLE n_booking ENABLE ROW LEVEL SECURITY;
        CREATE TABLE o_defaults ();
        """;

    private async Task<TestSession> SessionAsync(string schema)
    {
        var database = await postgres.Server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await PostgresServer.ExecuteAsync(database, schema);
        var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return new TestSession(database, connection);
    }

    private sealed record TestSession(LocalPostgres.TestDatabase Database, NpgsqlConnection Connection)
        : IAsyncDisposable
    {
        public Task<IReadOnlyList<FilledTable>> FillAsync() =>
            new RowMaker(Connection, _ => false, Rows).FillAsync(TestContext.Current.CancellationToken);

        public async Task<T> ScalarAsync<T>(string sql)
        {
            await using var command = new NpgsqlCommand(sql, Connection);
            return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        }

        public async ValueTask DisposeAsync()
        {
            await Connection.DisposeAsync();
            await Database.DisposeAsync();
        }
    }

    [Fact]
    public async Task Every_kind_of_type_key_and_check_is_satisfied()
    {
        await using var session = await SessionAsync(Schema);

        var filled = await session.FillAsync();

        Assert.Equal([], filled.Where(t => t.WhyNone is not null));
        Assert.Equal([], filled.Where(t => t.Rows != Rows).Select(t => $"{t.Table} {t.Rows}"));
        Assert.Equal(2, await session.ScalarAsync<long>("SELECT count(DISTINCT role) FROM b_checks"));
        Assert.True(await session.ScalarAsync<long>("SELECT count(*) FROM j_hen WHERE egg_id IS NOT NULL") > 0);
    }

    [Fact]
    public async Task The_same_schema_gets_the_same_rows()
    {
        const string digest = """
            SELECT string_agg(md5(d::text), '' ORDER BY d::text) FROM b_checks d
            """;
        await using var one = await SessionAsync(Schema);
        await using var two = await SessionAsync(Schema);

        await one.FillAsync();
        await two.FillAsync();

        Assert.Equal(await one.ScalarAsync<string>(digest), await two.ScalarAsync<string>(digest));
    }

    [Fact]
    public async Task A_table_that_cannot_be_filled_is_named_with_the_reason_and_the_others_are_filled()
    {
        await using var session = await SessionAsync(
            """
            CREATE TABLE closed (id int PRIMARY KEY);
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'nobody may'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON closed FOR EACH ROW EXECUTE FUNCTION refuse();
            CREATE TABLE child (id int PRIMARY KEY, closed_id int NOT NULL REFERENCES closed);
            CREATE TABLE puzzle (x int NOT NULL CHECK (x * x = 1522756 AND x < 0));
            CREATE TABLE open (id int PRIMARY KEY);
            """
        );

        var filled = (await session.FillAsync()).ToDictionary(t => t.Table);

        Assert.Equal("nobody may (P0001)", filled["public.closed"].WhyNone);
        Assert.Equal("its closed_id needs a row in public.closed, which holds none", filled["public.child"].WhyNone);
        Assert.Contains("violates check constraint", filled["public.puzzle"].WhyNone, StringComparison.Ordinal);
        Assert.Equal(Rows, filled["public.open"].Rows);
    }

    [Theory]
    [InlineData("^[A-Z]{2}[0-9]{3}$")]
    [InlineData(@"^\d{4}-(0[1-9]|1[0-2])$")]
    [InlineData("^(?:foo|bar)+_[^a-y ]?$")]
    [InlineData(@"^[[:alpha:]][\w.]*@[a-z]+\.(com|org)$")]
    public void A_sample_matches_its_regular_expression(string pattern)
    {
        var samples = Enumerable.Range(1, 20).Select(n => RegexSample.Of(pattern, n)!).ToList();

        var dotnet = pattern.Replace("[:alpha:]", "a-z", StringComparison.Ordinal);
        Assert.All(samples, s => Assert.Matches(dotnet, s));
        Assert.True(samples.Distinct().Count() > 1);
    }
}
