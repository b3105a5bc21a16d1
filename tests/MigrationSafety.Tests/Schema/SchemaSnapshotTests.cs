using LocalPostgres;
using MigrationSafety.Schema;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Schema;

public class SchemaSnapshotTests(PostgresServer postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(18)]
    public async Task The_text_is_the_same_on_every_version(int version)
    {
        await using var server = await StartAsync(version);
        Assert.Equal(version, server.Version.Major);
        await using var database = await Everything.CreateOnAsync(server);

        var snapshot = await SchemaSnapshot.ReadAsync(database.ConnectionString, Everything.Covered, Token);

        Assert.Equal(Everything.ExpectedText, snapshot.ToText());
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        var snapshot = SchemaSnapshot.Parse("# a comment\r\n" + Everything.ExpectedText.ReplaceLineEndings("\r\n"));

        Assert.Equal(Everything.ExpectedText, snapshot.ToText());
        Assert.Equal(["private", "public"], snapshot.Schemas);
        Assert.Equal(["pgcrypto"], snapshot.Extensions);
    }

    [Fact]
    public void A_line_that_is_in_no_place_is_named()
    {
        var thrown = Assert.Throws<FormatException>(() => SchemaSnapshot.Parse("table a\n  nonsense\n"));

        Assert.Equal("Line 2 of the snapshot is neither an object nor a property of one.", thrown.Message);
    }

    [Fact]
    public async Task Who_owns_it_and_how_the_session_is_set_make_no_difference()
    {
        await using var database = await Everything.CreateOnAsync(postgres.Server);
        var owner = $"owner_{database.Name}";
        await Everything.ExecuteAsync(
            database.ConnectionString,
            $"""
            CREATE ROLE "{owner}" LOGIN PASSWORD 'p';
            GRANT CREATE ON DATABASE "{database.Name}" TO "{owner}";
            ALTER DATABASE "{database.Name}" SET search_path = private, extensions;
            ALTER DATABASE "{database.Name}" SET quote_all_identifiers = on;
            ALTER DATABASE "{database.Name}" SET IntervalStyle = 'iso_8601';
            DO $$ DECLARE name text; BEGIN
              FOR name IN SELECT oid::regclass FROM pg_class WHERE relnamespace = 'private'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') LOOP
                EXECUTE 'ALTER TABLE ' || name || ' OWNER TO "{owner}"';
              END LOOP;
              FOR name IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'private'::regnamespace AND prokind = 'f'
                  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = pg_proc.oid AND d.deptype = 'i') LOOP
                EXECUTE 'ALTER FUNCTION ' || name || ' OWNER TO "{owner}"';
              END LOOP;
            END $$;
            ALTER SCHEMA private OWNER TO "{owner}";
            """
        );
        NpgsqlConnection.ClearAllPools();
        var asOwner = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = owner, Password = "p" };

        var snapshot = await SchemaSnapshot.ReadAsync(asOwner.ConnectionString, Everything.Covered, Token);

        Assert.Empty(Everything.Expected.Compare(snapshot));
        Assert.Equal(Everything.ExpectedText, snapshot.ToText());
    }

    [Fact]
    public async Task A_hosting_providers_default_privileges_and_extensions_make_no_difference()
    {
        await using var database = await Everything.CreateOnAsync(postgres.Server);
        await Everything.ExecuteAsync(
            database.ConnectionString,
            """
            CREATE SCHEMA platform;
            CREATE EXTENSION pg_trgm WITH SCHEMA platform;
            CREATE TABLE platform.theirs (id int);
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO snapshot_reader;
            GRANT USAGE ON SCHEMA public TO snapshot_reader, snapshot_writer;
            """
        );

        var snapshot = await SchemaSnapshot.ReadAsync(database.ConnectionString, Everything.Covered, Token);

        Assert.Empty(Everything.Expected.Compare(snapshot));
    }

    [Fact]
    public async Task Default_privileges_are_told_when_asked_for()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await Everything.ExecuteAsync(
            database.ConnectionString,
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO PUBLIC"
        );

        var snapshot = await SchemaSnapshot.ReadAsync(
            database.ConnectionString,
            new() { Schemas = ["public"], DefaultPrivileges = true },
            Token
        );

        Assert.Contains(
            snapshot.Objects,
            o =>
                o.Key == "default privileges in public on tables made by the owner"
                && o.Properties.SequenceEqual([new("grant to PUBLIC", "INSERT, SELECT")])
        );
    }

    [Fact]
    public async Task Columns_may_stand_in_another_order()
    {
        await using var one = await postgres.CreateDatabaseAsync();
        await using var other = await postgres.CreateDatabaseAsync();
        await Everything.ExecuteAsync(one.ConnectionString, "CREATE TABLE t (a int, b int)");
        await Everything.ExecuteAsync(other.ConnectionString, "CREATE TABLE t (b int, a int)");
        var options = new SchemaSnapshotOptions { Schemas = ["public"] };

        var expected = await SchemaSnapshot.ReadAsync(one.ConnectionString, options, Token);
        var found = await SchemaSnapshot.ReadAsync(other.ConnectionString, options, Token);

        Assert.Empty(expected.Compare(found));
    }

    [Fact]
    public async Task Reading_leaves_the_connection_as_it_was()
    {
        await using var database = await Everything.CreateOnAsync(postgres.Server);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Token);

        await SchemaSnapshot.ReadAsync(connection, Everything.Covered, Token);

        await using var command = new NpgsqlCommand("SHOW search_path", connection);
        Assert.Equal("\"$user\", public", await command.ExecuteScalarAsync(Token));
    }

    private static async Task<ThrowAwayServer> StartAsync(int version)
    {
        try
        {
            return await ThrowAwayServer.StartAsync(new() { Version = version, Exclusive = true }, Token);
        }
        catch (NoServerException e) when (Environment.GetEnvironmentVariable("CI") is null)
        {
            Assert.Skip($"no PostgreSQL {version} on this machine: {e.Message}");
            throw;
        }
    }
}
