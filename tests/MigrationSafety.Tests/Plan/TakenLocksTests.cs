using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using MigrationSafety.Execution;
using MigrationSafety.Plan;
using MigrationSafety.Statements;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Plan;

/// <summary>The locks that a plan shows are those that PostgreSQL takes: each statement is run, and pg_locks is read while it holds them.</summary>
public class TakenLocksTests(PostgresServer postgres)
{
    private const string Tables = """
        CREATE TABLE people (id int PRIMARY KEY);
        CREATE TABLE pets (id int PRIMARY KEY, owner int, x int, vet int CONSTRAINT pets_vet REFERENCES people);
        CREATE INDEX pets_x ON pets (x);
        CREATE TABLE toys (id int PRIMARY KEY, pet int REFERENCES pets);
        CREATE VIEW pets_view AS SELECT id FROM people;
        CREATE MATERIALIZED VIEW pets_rows AS SELECT id FROM people;
        CREATE UNIQUE INDEX pets_rows_id ON pets_rows (id);
        CREATE SEQUENCE numbers;
        CREATE TABLE measures (day date NOT NULL, who int REFERENCES people) PARTITION BY RANGE (day);
        CREATE TABLE measures_rest PARTITION OF measures DEFAULT;
        CREATE TABLE measures_2026 PARTITION OF measures FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        CREATE TABLE measures_2027 (day date NOT NULL, who int);
        CREATE INDEX measures_day ON ONLY measures (day);
        CREATE INDEX measures_2026_day ON measures_2026 (day);
        CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER touched AFTER INSERT ON pets FOR EACH ROW EXECUTE FUNCTION nothing();
        ALTER TABLE toys ADD CONSTRAINT toys_later CHECK (id > 0) NOT VALID;
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ALTER TABLE pets ADD CONSTRAINT f FOREIGN KEY (owner) REFERENCES people")]
    [InlineData("ALTER TABLE ONLY public.pets ADD CONSTRAINT f FOREIGN KEY (owner) REFERENCES people NOT VALID")]
    [InlineData("ALTER TABLE pets ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES pets NOT VALID")]
    [InlineData("ALTER TABLE pets ADD COLUMN walker int REFERENCES people")]
    [InlineData("ALTER TABLE pets DROP CONSTRAINT pets_vet")]
    [InlineData("ALTER TABLE pets DROP COLUMN vet")]
    [InlineData("ALTER TABLE pets DROP COLUMN owner")]
    [InlineData("ALTER TABLE pets ADD CONSTRAINT c CHECK (x > 0) NOT VALID, DISABLE TRIGGER touched")]
    [InlineData("ALTER TABLE pets DISABLE TRIGGER touched")]
    [InlineData("ALTER TABLE pets SET (fillfactor = 90, autovacuum_enabled = false)")]
    [InlineData("ALTER TABLE pets ALTER COLUMN x SET STATISTICS 500")]
    [InlineData("ALTER TABLE pets CLUSTER ON pets_x")]
    [InlineData("ALTER TABLE pets RENAME COLUMN x TO y")]
    [InlineData("ALTER TABLE toys VALIDATE CONSTRAINT toys_later")]
    [InlineData("ALTER TABLE measures ATTACH PARTITION measures_2027 FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')")]
    [InlineData("ALTER TABLE measures DETACH PARTITION measures_2026")]
    [InlineData("CREATE TABLE measures_2028 PARTITION OF measures FOR VALUES FROM ('2028-01-01') TO ('2029-01-01')")]
    [InlineData("CREATE TABLE n (id int REFERENCES people, pet int, FOREIGN KEY (pet) REFERENCES pets)")]
    [InlineData("ALTER INDEX pets_x RENAME TO pets_y")]
    [InlineData("ALTER INDEX pets_x SET (fillfactor = 90)")]
    [InlineData("ALTER INDEX measures_day ATTACH PARTITION measures_2026_day")]
    [InlineData("ALTER VIEW pets_view RENAME TO v")]
    [InlineData("ALTER SEQUENCE numbers INCREMENT BY 2")]
    [InlineData("CREATE OR REPLACE VIEW pets_view AS SELECT id FROM people WHERE id > 0")]
    [InlineData("CREATE INDEX i ON pets (x)")]
    [InlineData("CREATE STATISTICS s (dependencies) ON x, owner FROM public.pets")]
    [InlineData("CREATE TRIGGER t AFTER INSERT ON pets FOR EACH ROW EXECUTE FUNCTION nothing()")]
    [InlineData("CREATE POLICY p ON pets FOR SELECT USING (true)")]
    [InlineData("COMMENT ON TABLE pets IS 'x'")]
    [InlineData("COMMENT ON VIEW pets_view IS 'x'")]
    [InlineData("DROP INDEX pets_x")]
    [InlineData("DROP TRIGGER touched ON pets")]
    [InlineData("DROP VIEW pets_view")]
    [InlineData("DROP MATERIALIZED VIEW IF EXISTS pets_rows")]
    [InlineData("DROP TABLE toys, public.measures_2027")]
    [InlineData("DROP TABLE measures_2026")]
    [InlineData("LOCK TABLE pets, people IN SHARE ROW EXCLUSIVE MODE")]
    [InlineData("LOCK pets")]
    [InlineData("LOCK TABLE pets IN EXCLUSIVE MODE NOWAIT")]
    [InlineData("REFRESH MATERIALIZED VIEW CONCURRENTLY pets_rows")]
    [InlineData("REINDEX TABLE pets")]
    [InlineData("REINDEX INDEX pets_x")]
    [InlineData("TRUNCATE toys")]
    [InlineData("CLUSTER pets USING pets_x")]
    [InlineData("INSERT INTO people VALUES (1)")]
    [InlineData("DELETE FROM ONLY toys")]
    public async Task Of_a_statement_in_a_transaction(string sql)
    {
        await using var database = await PreparedAsync();
        var planned = await PlannedAsync(database, sql);
        await using var connection = await OpenAsync(database);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        var existed = await RelationsAsync(database);
        await ExecuteAsync(connection, sql);

        AssertSame(planned, await HeldAsync(database, connection.ProcessID, existed));
    }

    [Theory]
    [InlineData("DROP INDEX CONCURRENTLY IF EXISTS pets_x")]
    [InlineData("CREATE INDEX CONCURRENTLY i ON pets (x)")]
    [InlineData("REINDEX INDEX CONCURRENTLY pets_x")]
    [InlineData("REINDEX TABLE CONCURRENTLY pets")]
    public async Task Of_a_statement_outside_of_one(string sql)
    {
        await using var database = await PreparedAsync();
        var planned = await PlannedAsync(database, sql);
        var existed = await RelationsAsync(database);
        await using var writer = await OpenAsync(database);
        await using var transaction = await writer.BeginTransactionAsync(Cancellation);
        await ExecuteAsync(writer, "INSERT INTO pets VALUES (1)");
        await using var connection = await OpenAsync(database);

        var run = ExecuteAsync(connection, sql);
        await Catalogs.UntilAsync(
            database.ConnectionString,
            $"SELECT EXISTS (SELECT FROM pg_locks WHERE pid = {connection.ProcessID} AND NOT granted)",
            run
        );
        var held = await HeldAsync(database, connection.ProcessID, existed);
        await transaction.RollbackAsync(Cancellation);
        await run;

        AssertSame(planned, held);
    }

    private static void AssertSame(
        IReadOnlyList<string> planned,
        IReadOnlyList<(string Lock, bool IsOfLockedTable)> held
    )
    {
        // Where a table is locked, its indexes go without saying.
        Assert.Equal(
            held.Where(taken => !taken.IsOfLockedTable || planned.Contains(taken.Lock)).Select(taken => taken.Lock),
            planned.Order(StringComparer.Ordinal)
        );
    }

    private async Task<TestDatabase> PreparedAsync()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var connection = await OpenAsync(database);
        await ExecuteAsync(connection, Tables);
        return database;
    }

    private static async Task<NpgsqlConnection> OpenAsync(TestDatabase database)
    {
        var connection = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task<IReadOnlyList<string>> PlannedAsync(TestDatabase database, string sql)
    {
        var running = new RunningCommand();
        await using var context = new DbContext(
            new DbContextOptionsBuilder().UseNpgsql(database.ConnectionString).AddInterceptors(running).Options
        );
        var session = new Session(context.GetService<IRelationalConnection>(), running, async: true, Cancellation);
        await session.OpenAsync();
        var taken = await TakenLocks.ReadAsync(session, SqlScanner.Split(sql)[0]);
        var existing = new List<string>();
        foreach (var (mode, relation) in taken)
        {
            if (await RelationSize.ReadAsync(session, relation) is not null)
            {
                existing.Add($"{relation.Replace("public.", "", StringComparison.Ordinal)} {mode}");
            }
        }

        await session.CloseAsync();
        return existing;
    }

    private static Task<string> RelationsAsync(TestDatabase database) =>
        Catalogs.ScalarAsync<string>(
            database.ConnectionString,
            "SELECT string_agg(oid::text, ',') FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        );

    private static async Task<IReadOnlyList<(string Lock, bool IsOfLockedTable)>> HeldAsync(
        TestDatabase database,
        int pid,
        string existed
    )
    {
        // A session that looks on shows the names as they were: it does not see what another has not committed.
        await using var observer = await OpenAsync(database);
        await using var command = new NpgsqlCommand(
            $$"""
            WITH ranked AS (
                SELECT l.relation, l.mode, array_position('{RowExclusiveLock,ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}', l.mode) AS rank
                FROM pg_locks l WHERE l.pid = {{pid}} AND l.granted AND l.relation IN ({{existed}})),
            held AS (SELECT DISTINCT ON (relation) relation, mode, rank FROM ranked WHERE rank IS NOT NULL ORDER BY relation, rank DESC)
            SELECT c.relname || ' ' || h.mode,
                   EXISTS (SELECT FROM pg_index i JOIN held t ON t.relation = i.indrelid WHERE i.indexrelid = h.relation AND t.rank >= h.rank)
            FROM held h JOIN pg_class c ON c.oid = h.relation
            ORDER BY c.relname COLLATE "C"
            """,
            observer
        );
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var held = new List<(string, bool)>();
        while (await reader.ReadAsync(Cancellation))
        {
            held.Add((reader.GetString(0), reader.GetBoolean(1)));
        }

        return held;
    }
}
