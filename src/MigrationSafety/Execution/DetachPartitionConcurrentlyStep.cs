using Microsoft.Extensions.Logging;
using MigrationSafety.Diagnostics;
using MigrationSafety.Statements;
using Npgsql;

namespace MigrationSafety.Execution;

/// <summary>
/// DETACH PARTITION … CONCURRENTLY commits half-way, waits for whoever still uses the partition, and then finishes. What was broken off
/// while it waited can only be finished with FINALIZE; running it again is an error.
/// </summary>
internal sealed class DetachPartitionConcurrentlyStep(string table, string partition, ILogger logger) : RepeatableStep
{
    public static DetachPartitionConcurrentlyStep? Parse(SqlStatement statement, ILogger logger)
    {
        var reader = new TokenReader(statement.Text);
        if (!reader.Take("ALTER") || !reader.Take("TABLE"))
        {
            return null;
        }

        if (reader.Take("IF"))
        {
            reader.Take("EXISTS");
        }

        reader.Take("ONLY");
        var table = Name(reader);
        if (!reader.Take("DETACH") || !reader.Take("PARTITION"))
        {
            return null;
        }

        var partition = Name(reader);
        return reader.Take("CONCURRENTLY") ? new DetachPartitionConcurrentlyStep(table, partition, logger) : null;
    }

    public override async ValueTask<bool> IsToBeDoneAsync(Session session, bool inDoubt)
    {
        switch (await IsPendingAsync(session, session.CancellationToken).ConfigureAwait(false))
        {
            case true:
                logger.FinalizingDetach(partition, table);
                await session
                    .ExecuteAsync($"ALTER TABLE {table} DETACH PARTITION {partition} FINALIZE")
                    .ConfigureAwait(false);
                return false;
            case null
                when inDoubt
                    && await session
                        .ScalarAsync<bool>("SELECT to_regclass($1) IS NOT NULL", partition)
                        .ConfigureAwait(false):
                logger.StepAlreadyDone($"Detaching the partition {partition}");
                return false;
            default:
                return true;
        }
    }

    public override async ValueTask<string?> CleanUpAsync(Session session)
    {
        try
        {
            return await IsPendingAsync(session, CancellationToken.None).ConfigureAwait(false) is true
                ? $"the partition {partition} is detached from {table} in part, and queries of {table} no longer see it; the next run "
                    + "finishes it"
                : null;
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The next run looks again.
            return null;
        }
    }

    // Null when it is no partition of the table.
    private async ValueTask<bool?> IsPendingAsync(Session session, CancellationToken cancellationToken)
    {
        var found = await session
            .QueryAsync(
                "SELECT inhdetachpending FROM pg_inherits WHERE inhparent = to_regclass($1) AND inhrelid = to_regclass($2)",
                r => r.GetBoolean(0),
                cancellationToken,
                table,
                partition
            )
            .ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }
}
