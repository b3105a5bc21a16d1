using Microsoft.Extensions.Logging;
using MigrationSafety.Diagnostics;
using MigrationSafety.Statements;
using Npgsql;

namespace MigrationSafety.Execution;

/// <summary>What makes a command outside a transaction safe to run again after a crash.</summary>
internal abstract class RepeatableStep
{
    /// <summary>The way a statement is made repeatable, or null when it is by itself or nothing is known of it.</summary>
    public static RepeatableStep? Of(SqlStatement statement, ILogger logger)
    {
        if (ConcurrentIndex.Parse(statement) is { } index)
        {
            return new CreateIndexConcurrentlyStep(index, logger);
        }

        return DropIndexConcurrentlyStep.Parse(statement, logger)
            ?? ReindexConcurrentlyStep.Parse(statement, logger)
            ?? (RepeatableStep?)DetachPartitionConcurrentlyStep.Parse(statement, logger);
    }

    /// <summary>A name with its schema, as it is written.</summary>
    protected static string Name(TokenReader reader)
    {
        var name = reader.Next();
        while (reader.Take("."))
        {
            name += "." + reader.Next();
        }

        return name;
    }

    /// <summary>Removes what a failed attempt left, and says whether the command still has to run.</summary>
    /// <param name="session">The session that will run it.</param>
    /// <param name="inDoubt">Whether an earlier attempt may have run it to the end.</param>
    public abstract ValueTask<bool> IsToBeDoneAsync(Session session, bool inDoubt);

    /// <summary>The invalid indexes that it removes before the command runs, with their schemas.</summary>
    public virtual ValueTask<IReadOnlyList<string>> InvalidIndexesAsync(Session session) =>
        ValueTask.FromResult<IReadOnlyList<string>>([]);

    /// <summary>After a failure, removes what it left as far as that is possible now; says what was removed, or null.</summary>
    public abstract ValueTask<string?> CleanUpAsync(Session session);
}

/// <summary>An index that is invalid is dropped and built again; a valid one with the same definition is kept.</summary>
internal sealed class CreateIndexConcurrentlyStep(ConcurrentIndex index, ILogger logger) : RepeatableStep
{
    public override async ValueTask<bool> IsToBeDoneAsync(Session session, bool inDoubt)
    {
        if (await FindAsync(session, session.CancellationToken).ConfigureAwait(false) is not { } found)
        {
            return true;
        }

        if (!found.IsValid)
        {
            logger.DroppingInvalidIndex(found.Name);
            await session.ExecuteAsync(Drop(found.Name)).ConfigureAwait(false);
            return true;
        }

        var wanted = await DefinitionWantedAsync(session).ConfigureAwait(false);
        if (wanted != found.Definition)
        {
            // PostgreSQL's own error (42P07) would not say that the definitions differ, nor IF NOT EXISTS say anything at all.
            throw new MigrationFailedException(
                new Failure(
                    "IndexExistsWithOtherDefinition",
                    $"The index {found.Name} exists already, with another definition than the migration's.\n\n"
                        + $"  is:     … {found.Definition}\n  wanted: … {wanted}",
                    "nothing of this command was done.",
                    $"if the existing index is not needed: DROP INDEX CONCURRENTLY {found.Name}; then run again. Otherwise give the "
                        + "migration's index another name."
                )
            );
        }

        logger.StepAlreadyDone($"The index {found.Name}");
        return false;
    }

    public override async ValueTask<IReadOnlyList<string>> InvalidIndexesAsync(Session session) =>
        await FindAsync(session, session.CancellationToken).ConfigureAwait(false) is { IsValid: false } invalid
            ? [invalid.Name]
            : [];

    public override async ValueTask<string?> CleanUpAsync(Session session)
    {
        try
        {
            if (await FindAsync(session, CancellationToken.None).ConfigureAwait(false) is { IsValid: false } left)
            {
                await session.CleanUpAsync(Drop(left.Name)).ConfigureAwait(false);
                return $"the invalid index {left.Name} that the failed build left was dropped";
            }
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The next run drops it before it builds again.
            return $"the invalid index {index.Index} that the failed build left is still there; the next run drops it";
        }

        return null;
    }

    private sealed record Found(string Name, bool IsValid, string Definition);

    // The index is made in the schema of its table, so the name is looked up there.
    private async ValueTask<Found?> FindAsync(Session session, CancellationToken cancellationToken)
    {
        var found = await session
            .QueryAsync(
                """
                SELECT format('%I.%I', n.nspname, c.relname), i.indisvalid, substring(pg_get_indexdef(i.indexrelid) from ' USING .*'),
                       i.indisunique
                FROM pg_class c
                JOIN pg_index i ON i.indexrelid = c.oid
                JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relname = $1 AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass($2))
                  AND i.indrelid = to_regclass($2)
                """,
                r => new Found(r.GetString(0), r.GetBoolean(1), (r.GetBoolean(3) ? "UNIQUE" : "") + r.GetString(2)),
                cancellationToken,
                index.Index,
                index.Table
            )
            .ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    private static string Drop(string name) => $"DROP INDEX CONCURRENTLY IF EXISTS {name}";

    // PostgreSQL itself writes the definition out: the same index on an empty copy of the table, in a transaction that is rolled back.
    private async ValueTask<string> DefinitionWantedAsync(Session session)
    {
        await session.BeginAsync().ConfigureAwait(false);
        try
        {
            await session
                .ExecuteAsync($"CREATE TEMPORARY TABLE migration_safety_copy (LIKE {index.Table} INCLUDING GENERATED)")
                .ConfigureAwait(false);
            await session
                .ExecuteAsync($"{index.Before}pg_temp.migration_safety_copy{index.After}")
                .ConfigureAwait(false);
            return await session
                .ScalarAsync<string>(
                    """
                    SELECT CASE WHEN i.indisunique THEN 'UNIQUE' ELSE '' END || substring(pg_get_indexdef(i.indexrelid) from ' USING .*')
                    FROM pg_index i WHERE i.indrelid = to_regclass('pg_temp.migration_safety_copy')
                    """
                )
                .ConfigureAwait(false);
        }
        finally
        {
            await session.RollbackAsync().ConfigureAwait(false);
        }
    }
}

/// <summary>An index that is gone already was dropped by the attempt that crashed.</summary>
internal sealed class DropIndexConcurrentlyStep(string written, ILogger logger) : RepeatableStep
{
    public static DropIndexConcurrentlyStep? Parse(SqlStatement statement, ILogger logger)
    {
        if (statement.Tokens is not ["DROP", "INDEX", "CONCURRENTLY", ..])
        {
            return null;
        }

        var reader = new TokenReader(statement.Text);
        reader.Take("DROP");
        reader.Take("INDEX");
        reader.Take("CONCURRENTLY");
        if (reader.Take("IF"))
        {
            reader.Take("EXISTS");
        }

        return new DropIndexConcurrentlyStep(Name(reader), logger);
    }

    public override async ValueTask<bool> IsToBeDoneAsync(Session session, bool inDoubt)
    {
        if (
            !inDoubt
            || await session.ScalarAsync<bool>("SELECT to_regclass($1) IS NOT NULL", written).ConfigureAwait(false)
        )
        {
            return true;
        }

        logger.StepAlreadyDone($"Dropping the index {written}");
        return false;
    }

    // An interrupted DROP INDEX CONCURRENTLY leaves the index invalid; dropping it again is the next attempt.
    public override ValueTask<string?> CleanUpAsync(Session session) => ValueTask.FromResult<string?>(null);
}
