using System.Text.RegularExpressions;
using LocalPostgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using MigrationSafety.Schema;
using MigrationSafety.TestMigrations;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Rewriting;

/// <summary>Online forms on a real server, with rows and with an application that writes all the while.</summary>
public class OnlineRunTests(PostgresServer postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Up_and_down_the_catalogs_are_those_of_the_form_that_EF_Core_writes(bool async)
    {
        await using var plain = await postgres.CreateDatabaseAsync();
        await using var online = await postgres.CreateDatabaseAsync();
        var steps = Steps();
        foreach (var target in (string[])[.. steps, .. steps.Reverse().Skip(1), "0"])
        {
            await using (
                var context = new OnlineContext(plain.ConnectionString, o => o.OnlineRewrites(false).AllowDataLoss())
            )
            {
                await Run.MigrateAsync(context, async, target);
            }

            await using (var context = Online(online))
            {
                await Run.MigrateAsync(context, async, target);
            }

            Assert.Equal(await CatalogsAsync(plain), await CatalogsAsync(online));
        }
    }

    [Fact]
    public async Task Rows_get_what_the_form_that_EF_Core_writes_would_give_them()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = Online(database);

        await Run.MigrateAsync(context, async: true);

        Assert.Equal(
            "5000 2500 5000 t",
            await Catalogs.ScalarAsync<string>(
                database.ConnectionString,
                """
                SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE note = ''), count(DISTINCT token), count(DISTINCT lot) > 4900)
                FROM orders
                """
            )
        );
    }

    [Fact]
    public async Task An_application_writes_all_the_while_and_nothing_of_it_fails()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using (var context = Online(database))
        {
            await Run.MigrateAsync(context, async: true, Steps()[0]);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        var application = Enumerable.Range(0, 2).Select(writer => WriteAsync(source, writer, stop.Token)).ToList();
        var steps = Steps();
        foreach (var target in (string[])[.. steps, .. steps.Reverse().Skip(1)])
        {
            await using var context = Online(database);
            await Run.MigrateAsync(context, async: true, target);
        }

        await stop.CancelAsync();
        var written = await Task.WhenAll(application);
        Assert.True(written.Sum() > 100, $"The premise does not hold: only {written.Sum()} rows were written.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_application_that_writes_NULLs_until_they_are_forbidden_fails_no_migration(bool async)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = Online(database);
        await Run.MigrateAsync(context, async, Steps()[2]);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        var writing = WriteNullsAsync(source);
        await Catalogs.UntilAsync(
            database.ConnectionString,
            "SELECT EXISTS (SELECT FROM orders WHERE id >= 100000 AND note IS NULL)",
            writing
        );

        await Run.MigrateAsync(context, async, Steps()[3]);

        Assert.Equal(
            (long)await writing,
            await Catalogs.ScalarAsync<long>(
                database.ConnectionString,
                "SELECT count(*) FROM orders WHERE id >= 100000 AND note = ''"
            )
        );
    }

    private static async Task<int> WriteNullsAsync(NpgsqlDataSource source)
    {
        for (var written = 0; ; written++)
        {
            await using var command = source.CreateCommand(
                $"""
                INSERT INTO orders (id, customer_id, number, amount, note)
                VALUES ({100_000 + written}, 1, 'number {100_000 + written}', 1, NULL)
                """
            );
            try
            {
                await command.ExecuteNonQueryAsync(Cancellation);
            }
            catch (PostgresException e)
                when (e.SqlState is PostgresErrorCodes.CheckViolation or PostgresErrorCodes.NotNullViolation)
            {
                return written;
            }
        }
    }

    [Fact]
    public async Task A_backfill_passes_over_rows_that_somebody_holds_and_comes_back_to_them()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = Online(database);
        await Run.MigrateAsync(context, async: true, Steps()[2]);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var session = await source.OpenConnectionAsync(Cancellation);
        await using var holder = await source.OpenConnectionAsync(Cancellation);
        await ExecuteAsync(session, "ALTER TABLE orders ALTER note SET DEFAULT ''");
        var backfill = Regex.Match(
            context.GetService<IMigrator>().GenerateScript(Steps()[2], Steps()[3]),
            @"DO \$backfill\$.*?\$backfill\$;",
            // The last one, which leaves no row.
            RegexOptions.Singleline | RegexOptions.RightToLeft
        );
        await using var transaction = await holder.BeginTransactionAsync(Cancellation);
        await ExecuteAsync(holder, "SELECT * FROM orders WHERE id = 7 FOR UPDATE");

        var run = ExecuteAsync(session, backfill.Value);
        // All but the one that is held: the others were not waited for.
        await Catalogs.UntilAsync(
            database.ConnectionString,
            "SELECT count(*) <= 1 FROM orders WHERE note IS NULL",
            run
        );

        Assert.False(run.IsCompleted);
        await transaction.CommitAsync(Cancellation);
        await run;
        Assert.Equal(
            0L,
            await Catalogs.ScalarAsync<long>(
                database.ConnectionString,
                "SELECT count(*) FROM orders WHERE note IS NULL"
            )
        );
    }

    [Fact]
    public async Task The_script_runs_in_psql_and_makes_the_same()
    {
        Assert.SkipWhen(
            postgres.Server.BinDirectory is null || !File.Exists(Path.Combine(postgres.Server.BinDirectory, "psql")),
            "There is no psql."
        );
        await using var database = await postgres.CreateDatabaseAsync();
        await using var plain = await postgres.CreateDatabaseAsync();
        await using var context = Online(plain);
        var script = context.GetService<IMigrator>().GenerateScript();
        await using (var asWritten = new OnlineContext(plain.ConnectionString, o => o.OnlineRewrites(false)))
        {
            await Run.MigrateAsync(asWritten, async: true);
        }

        var (exitCode, error) = await PsqlAsync(database, script);

        Assert.True(exitCode == 0, error);
        Assert.Equal(await CatalogsAsync(plain), await CatalogsAsync(database));
    }

    [Fact]
    public async Task After_a_failed_validation_the_run_goes_on_where_it_stopped()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = Online(database);
        await Run.MigrateAsync(context, async: true, Steps()[1]);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var connection = await source.OpenConnectionAsync(Cancellation);
        await ExecuteAsync(connection, "UPDATE orders SET customer_id = 0 WHERE id = 5");

        var exception = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            Run.MigrateAsync(context, async: true, Steps()[2])
        );

        Assert.Contains("VALIDATE CONSTRAINT", exception.Message, StringComparison.Ordinal);
        await ExecuteAsync(connection, "UPDATE orders SET customer_id = 1 WHERE id = 5");
        await Run.MigrateAsync(context, async: true, Steps()[2]);
        Assert.True(
            await Catalogs.ScalarAsync<bool>(
                database.ConnectionString,
                "SELECT bool_and(convalidated) FROM pg_constraint WHERE conrelid = 'orders'::regclass"
            )
        );
    }

    // With the server's own version named, PostgreSQL 18 is given its NOT NULL … NOT VALID.
    private OnlineContext Online(TestDatabase database) =>
        new(database.ConnectionString, o => o.AllowDataLoss())
        {
            Further = options =>
                options.UseNpgsql(npgsql => npgsql.SetPostgresVersion(new Version(postgres.Server.Version.Major, 0))),
        };

    private static string[] Steps()
    {
        using var context = new OnlineContext("Host=nowhere.invalid");
        return [.. context.Database.GetMigrations()];
    }

    internal static async Task<string> CatalogsAsync(TestDatabase database)
    {
        var lines = (await Catalogs.ReadAsync(database.ConnectionString)).Split('\n');
        // Not from the pool: a fault may have ended the session that waits there.
        var snapshot = await SchemaSnapshot.ReadAsync(
            database.ConnectionString + ";Pooling=false",
            new SchemaSnapshotOptions { Schemas = ["public"] },
            Cancellation
        );
        // The rails' own tables are not in a script, and rows are another test's.
        return string.Join(
                '\n',
                lines.Where(line =>
                    !line.StartsWith("rows ", StringComparison.Ordinal)
                    && !line.Contains("_migration", StringComparison.Ordinal)
                )
            )
            + "\n"
            + snapshot.ToText();
    }

    private static async Task<int> WriteAsync(NpgsqlDataSource source, int writer, CancellationToken stop)
    {
        for (var written = 0; ; written++)
        {
            if (stop.IsCancellationRequested)
            {
                return written;
            }

            var id = 100_000 + written * 2 + writer;
            await using var command = source.CreateCommand(
                $"""
                INSERT INTO orders (id, customer_id, number, amount, note) VALUES ({id}, {1
                    + id % 500}, 'number {id}', {id}, 'new');
                UPDATE orders SET amount = amount + 1 WHERE id = {1 + id * 7919L % 20_000};
                DELETE FROM orders WHERE id = {id - 200};
                """
            );
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private async Task<(int ExitCode, string Error)> PsqlAsync(TestDatabase database, string script)
    {
        var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var start = new System.Diagnostics.ProcessStartInfo(Path.Combine(postgres.Server.BinDirectory!, "psql"))
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            ArgumentList = { "-X", "-q", "-v", "ON_ERROR_STOP=1" },
        };
        start.Environment["PGHOST"] = connection.Host;
        start.Environment["PGPORT"] = connection.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = connection.Username;
        start.Environment["PGPASSWORD"] = connection.Password;
        start.Environment["PGDATABASE"] = connection.Database;
        using var psql = System.Diagnostics.Process.Start(start)!;
        var (output, error) = (
            psql.StandardOutput.ReadToEndAsync(Cancellation),
            psql.StandardError.ReadToEndAsync(Cancellation)
        );
        await psql.StandardInput.WriteAsync(script);
        psql.StandardInput.Close();
        await psql.WaitForExitAsync(Cancellation);
        await output;
        return (psql.ExitCode, await error);
    }
}
