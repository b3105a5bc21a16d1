using Microsoft.EntityFrameworkCore;
using MigrationSafety.Rollback;
using MigrationSafety.Statements;
using MigrationSafety.TestMigrations;
using Xunit;

namespace MigrationSafety.Tests.Rollback;

public class DataLossTests(PostgresServer postgres)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reverting_everything_is_refused_with_what_would_be_lost(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await Run.MigrateAsync(context, async);
        var before = await Catalogs.ReadAsync(database.ConnectionString);

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async, "0")
        );

        Assert.Equal("DataLoss", exception.Id);
        Assert.Contains(
            """
            :
              notes: 1 row (20260101000000_Notes drops the table)

            State: nothing was changed.
            To do: if this data may go: take a backup (pg_dump), then run again: efbundle 0 -- --allow-data-loss
            """,
            exception.Message,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "Reverting 3 migrations would delete data in database ",
            exception.Message,
            StringComparison.Ordinal
        );
        Assert.Equal(before, await Catalogs.ReadAsync(database.ConnectionString));

        await using var allowed = new PlainContext(database.ConnectionString, o => o.AllowDataLoss());
        await Run.MigrateAsync(allowed, async, "0");
        Assert.Empty(await allowed.Database.GetAppliedMigrationsAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_columns_values_are_counted_and_its_default_is_none()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await Run.MigrateAsync(context, async: true);
        await Catalogs.ScalarAsync<int>(
            database.ConnectionString,
            "INSERT INTO notes SELECT i, 'n', CASE WHEN i % 2 = 0 THEN 'me' END, 0 FROM generate_series(2, 2001) i; SELECT 1"
        );

        var exception = await Assert.ThrowsAsync<MigrationRefusedException>(() =>
            Run.MigrateAsync(context, async: true, "20260101000000_Notes")
        );

        Assert.Contains(
            """
            :
              notes.words: 1 of 2,001 rows hold a value (20260103000000_Words drops the column)
              notes.author: 1,000 of 2,001 rows hold a value (20260102000000_Author drops the column)

            """,
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_nothing_would_be_lost_it_goes_back_without_asking(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new PlainContext(database.ConnectionString);
        await Run.MigrateAsync(context, async, "20260102000000_Author");

        await Run.MigrateAsync(context, async, "20260101000000_Notes");

        Assert.Single(await context.Database.GetAppliedMigrationsAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("DROP TABLE a, \"B\".c CASCADE", "TableLoss a", "TableLoss \"B\".c")]
    [InlineData("/* DROP TABLE z; */ drop table if exists a", "TableLoss a")]
    [InlineData(
        "ALTER TABLE IF EXISTS s.t DROP COLUMN IF EXISTS \"A\", DROP b CASCADE, DROP CONSTRAINT c",
        "ColumnLoss s.t A",
        "ColumnLoss s.t b"
    )]
    [InlineData("ALTER TABLE t ALTER a DROP NOT NULL, ALTER b DROP DEFAULT")]
    [InlineData("TRUNCATE a, b", "RowsLoss a TRUNCATE", "RowsLoss b TRUNCATE")]
    [InlineData("DELETE FROM t WHERE x", "RowsLoss t DELETE")]
    [InlineData("UPDATE ONLY t SET a = 1", "RowsLoss t UPDATE")]
    [InlineData("DROP SCHEMA s CASCADE", "UnknownLoss DROP SCHEMA s CASCADE")]
    [InlineData("DROP TYPE k")]
    [InlineData("DO $$ BEGIN DROP TABLE x; END $$", "UnknownLoss DO $$ BEGIN DROP TABLE x; END $$")]
    [InlineData("DO $$ BEGIN PERFORM 1; END $$")]
    [InlineData("CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC DELETE FROM t; SELECT 1; END")]
    [InlineData("DROP FUNCTION f()")]
    [InlineData("SELECT 1")]
    [InlineData("SELECT drp()", "CallLoss drp")]
    [InlineData("DO $$ BEGIN PERFORM app.drp(); END $$", "CallLoss drp")]
    [InlineData("SELECT set_config('a.b', 'c', true)")]
    [InlineData("DO $$ BEGIN EXECUTE stmt; END $$", "UnknownLoss DO $$ BEGIN EXECUTE stmt; END $$")]
    [InlineData("DO $$ BEGIN EXECUTE 'GRANT ALL ON t TO u'; END $$")]
    [InlineData("ALTER TABLE a RENAME TO b; DROP TABLE b", "TableLoss a")]
    [InlineData("ALTER TABLE a SET SCHEMA s; ALTER TABLE s.a RENAME TO b; DROP TABLE s.b", "TableLoss a")]
    [InlineData("ALTER SCHEMA s RENAME TO r; TRUNCATE r.a", "RowsLoss s.a TRUNCATE")]
    [InlineData("ALTER TABLE a RENAME COLUMN k TO kk; ALTER TABLE a DROP kk", "ColumnLoss a k")]
    [InlineData("DO $$ BEGIN ALTER TABLE a RENAME TO b; END $$; UPDATE b SET c = 1", "RowsLoss a UPDATE")]
    [InlineData("DROP TABLE a; CREATE TABLE a (); DROP TABLE public.a", "TableLoss a")]
    [InlineData("ALTER TABLE a DROP k, ADD k int; ALTER TABLE a DROP k", "ColumnLoss a k")]
    [InlineData(
        "SET search_path = oth; DROP TABLE z; DROP TABLE s.z",
        "UnknownLoss DROP TABLE z, under another search_path",
        "TableLoss s.z"
    )]
    [InlineData("ALTER TABLE t ALTER v TYPE int", "ConversionLoss t v integer")]
    [InlineData(
        "ALTER TABLE t ALTER v TYPE varchar(5) USING left(v, 5)",
        "ConversionLoss t v character varying(5) left(v, 5)"
    )]
    [InlineData("ALTER TYPE ct DROP ATTRIBUTE q CASCADE", "UnknownLoss ALTER TYPE ct DROP ATTRIBUTE q CASCADE")]
    [InlineData("ALTER TYPE ct ADD ATTRIBUTE q int")]
    [InlineData("ALTER TYPE en ADD VALUE 'x'")]
    [InlineData("EXPLAIN ANALYZE DELETE FROM a", "UnknownLoss EXPLAIN ANALYZE DELETE FROM a")]
    [InlineData(
        "INSERT INTO a VALUES (1) ON CONFLICT (id) DO UPDATE SET c = NULL",
        "RowsLoss a INSERT … ON CONFLICT DO UPDATE"
    )]
    [InlineData("INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING")]
    [InlineData("MERGE INTO x USING y ON x.i = y.i WHEN MATCHED THEN DELETE", "RowsLoss x MERGE")]
    [InlineData("WITH d AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM d", "RowsLoss a DELETE")]
    [InlineData("TRUNCATE a CASCADE", "RowsLoss a TRUNCATE", "UnknownLoss TRUNCATE a CASCADE")]
    public void Raw_sql_is_read_statement_by_statement(string sql, params string[] expected) =>
        Assert.Equal(
            expected,
            new LossesOfDown()
                .Read("m", sql)
                .Select(loss =>
                    loss switch
                    {
                        TableLoss l => $"TableLoss {l.Table.Live}",
                        ColumnLoss l => $"ColumnLoss {l.Column.Table.Live} {l.Column.Live}",
                        ConversionLoss l =>
                            $"ConversionLoss {l.Column.Table.Live} {l.Column.Live} {l.Type} {l.Using}".TrimEnd(),
                        RowsLoss l => $"RowsLoss {l.Table.Live} {l.Verb}",
                        CallLoss l => $"CallLoss {string.Join(' ', l.Functions)}",
                        UnknownLoss l => $"UnknownLoss {l.What}",
                        _ => "",
                    }
                )
        );
}
