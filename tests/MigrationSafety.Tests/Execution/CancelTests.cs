using System.Data.Common;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;
using MigrationSafety.Execution;
using MigrationSafety.TestMigrations;
using Xunit;

namespace MigrationSafety.Tests.Execution;

public class CancelTests(PostgresServer postgres)
{
    [Theory]
    [InlineData("INT", "SIGINT")]
    [InlineData("TERM", "SIGTERM")]
    // A terminal that is closed often says so twice.
    [InlineData("HUP", "SIGHUP", 2)]
    public async Task A_signal_cancels_the_statement_rolls_back_and_says_what_is_left(
        string signal,
        string name,
        int times = 1
    )
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM to send.");
        await using var database = await postgres.CreateDatabaseAsync();
        using var process = Bundle.Start(
            nameof(SlowContext),
            database.ConnectionString,
            null,
            0,
            "--statement-timeout",
            "2h"
        );
        await AsleepAsync(database.ConnectionString, process.WaitForExitAsync(TestContext.Current.CancellationToken));

        var commands = string.Join("; ", Enumerable.Repeat($"kill -{signal} {process.Id}", times));
        using (var kill = Process.Start("sh", ["-c", commands]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var result = await Bundle.EndAsync(process);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(
            $"""
            The run was ended by {name}.

            State: Applied in this run: 20260101000000_Quick. 20260102000000_Slow is not applied, and nothing of it is left: its transaction was rolled back.
            To do: run again to go on.
            """,
            result.Error,
            StringComparison.Ordinal
        );
        await AssertNothingIsLeftAsync(database.ConnectionString);
    }

    [Fact]
    public async Task A_cancelled_token_cancels_the_statement_and_rolls_back()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var context = new SlowContext(database.ConnectionString);
        using var source = new CancellationTokenSource();

        var run = Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions.MigrateAsync(
            context.Database,
            source.Token
        );
        await AsleepAsync(database.ConnectionString, run);
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        await AssertNothingIsLeftAsync(database.ConnectionString);
    }

    // The interceptor is asked when nothing has been sent yet: a request to cancel finds nothing that it could cancel.
    [Fact]
    public async Task A_signal_just_before_a_statement_is_sent_is_not_lost()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var source = new CancellationTokenSource();
        var running = new RunningCommand();
        await using var context = new DbContext(
            new DbContextOptionsBuilder()
                .UseNpgsql(database.ConnectionString, npgsql => npgsql.CommandTimeout(5))
                .AddInterceptors(running, new CancelsBeforeSending(source))
                .Options
        );
        var session = new Session(context.GetService<IRelationalConnection>(), running, async: false, source.Token);
        await session.OpenAsync();
        var command = new MigrationCommand(
            context.GetService<IRawSqlCommandBuilder>().Build("SELECT pg_sleep(60)"),
            context,
            context.GetService<IRelationalCommandDiagnosticsLogger>()
        );

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await session.RunAsync(command));
        await session.CloseAsync();
    }

    private sealed class CancelsBeforeSending(CancellationTokenSource source) : DbCommandInterceptor
    {
        public override InterceptionResult<int> NonQueryExecuting(
            DbCommand command,
            CommandEventData eventData,
            InterceptionResult<int> result
        )
        {
            source.Cancel();
            return result;
        }
    }

    private static Task AsleepAsync(string connectionString, Task run) =>
        Catalogs.UntilAsync(
            connectionString,
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep')",
            run
        );

    private static async Task AssertNothingIsLeftAsync(string connectionString) =>
        Assert.Equal(
            "20260101000000_Quick 0 0",
            await Catalogs.ScalarAsync<string>(
                connectionString,
                """
                SELECT (SELECT string_agg("MigrationId", ',') FROM migrations."__EFMigrationsHistory")
                  || ' ' || (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
                  || ' ' || (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep')
                """
            )
        );
}
