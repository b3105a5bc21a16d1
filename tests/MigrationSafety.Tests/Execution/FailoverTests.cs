using LocalPostgres;
using MigrationSafety.TestMigrations;
using MigrationSafety.Tests.Guards;
using Npgsql;
using Xunit;

namespace MigrationSafety.Tests.Execution;

/// <summary>The primary dies in the midst of a run, and its standby takes its place.</summary>
public class FailoverTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_run_goes_on_with_the_new_primary(bool async)
    {
        await using var primary = await Standby.StartPrimaryAsync();
        await using var standby = await Standby.StartAsync(primary);
        var hosts = new NpgsqlConnectionStringBuilder(primary.ConnectionString);
        hosts.Host = $"{hosts.Host}:{hosts.Port},{hosts.Host}:{standby.Port}";
        var log = new LogLines();
        await using var context = new PlainContext(
            hosts.ConnectionString + ";Target Session Attributes=primary;Host Recheck Seconds=1",
            o => o.LockTimeout(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100))
        )
        {
            Further = log.AddTo,
        };
        await Run.MigrateAsync(context, async, "20260101000000_Notes");
        await using var holder = new NpgsqlConnection(primary.ConnectionString + ";Pooling=false");
        await holder.OpenAsync(Cancellation);
        await using var transaction = await holder.BeginTransactionAsync(Cancellation);
        await using (var hold = new NpgsqlCommand("LOCK TABLE notes IN ACCESS SHARE MODE", holder, transaction))
        {
            await hold.ExecuteNonQueryAsync(Cancellation);
        }

        var run = Task.Run(() => Run.MigrateAsync(context, async), Cancellation);
        await log.SeenAsync("could not get a lock within");
        while (!await Catalogs.ScalarAsync<bool>(standby.ConnectionString, "SELECT to_regclass('notes') IS NOT NULL"))
        { }

        await primary.StopAsync(StopMode.Immediate, Cancellation);
        await log.SeenAsync("None of the hosts ");
        await standby.PromoteAsync();
        await run;

        Assert.Equal(1, await Catalogs.ScalarAsync<int>(standby.ConnectionString, "SELECT words FROM notes"));
    }
}
