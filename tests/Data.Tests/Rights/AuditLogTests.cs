using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Data.Tests.Rights;

public sealed class AuditLogTests(MigratedServer server)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("UPDATE api_audit_log SET endpoint = 'x'", "UPDATE")]
    [InlineData("DELETE FROM api_audit_log", "DELETE")]
    [InlineData("TRUNCATE api_audit_log", "TRUNCATE")]
    [InlineData("TRUNCATE users CASCADE", "TRUNCATE")]
    public async Task Is_append_only_for_its_owner_too(string sql, string command)
    {
        await using var database = await server.CreatePeopledAsync();
        await using var context = MigratedServer.Connect(database.ConnectionString);

        var refusal = await Assert.ThrowsAsync<PostgresException>(() =>
            context.Database.ExecuteSqlRawAsync(sql, Cancellation)
        );

        Assert.Equal($"api_audit_log is append-only: {command} is refused", refusal.MessageText);
        Assert.Equal("Old rows are removed by app_private.delete_audit_log_before(cutoff).", refusal.Hint);
        Assert.Equal(3, await context.ApiAuditLog.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Goes_with_the_key_and_with_the_user_it_belongs_to()
    {
        await using var database = await server.CreatePeopledAsync();
        await using var context = MigratedServer.Connect(database.ConnectionString);

        context.Remove(await context.ApiKeys.SingleAsync(key => key.UserId == People.Anna, Cancellation));
        context.Remove(await context.Users.SingleAsync(user => user.Id == People.Ben, Cancellation));
        await context.SaveChangesAsync(Cancellation);

        Assert.Equal([People.Root], await context.ApiAuditLog.Select(entry => entry.UserId).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Old_rows_leave_through_the_retention_job_in_bounded_batches_and_only_there()
    {
        await using var database = await server.CreatePeopledAsync();
        await using var context = MigratedServer.Connect(database.ConnectionString);
        await context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO api_audit_log ("apiKeyId", "userId", endpoint, method, "statusCode", "createdAt")
            SELECT 'key-anna', 'anna', '/', 'GET', 200, now() - interval '400 days' FROM generate_series(1, 5)
            """,
            Cancellation
        );

        await using var transaction = await context.Database.BeginTransactionAsync(Cancellation);
        Assert.Equal(3, await RunJobAsync());
        Assert.Equal(2, await RunJobAsync());
        Assert.Equal(0, await RunJobAsync());
        // What the job may do ends with it, not with its transaction.
        await Assert.ThrowsAsync<PostgresException>(() => context.ApiAuditLog.ExecuteDeleteAsync(Cancellation));
        await transaction.RollbackAsync(Cancellation);

        Task<long> RunJobAsync() =>
            context
                .Database.SqlQuery<long>(
                    $"SELECT app_private.delete_audit_log_before(now() - interval '1 year', 3) AS \"Value\""
                )
                .SingleAsync(Cancellation);
    }
}
