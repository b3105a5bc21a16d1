using MigrationSafety.Locking;
using Npgsql;

namespace MigrationSafety.Guards;

/// <summary>
/// Behind a transaction-mode pooler (PgBouncer, Supavisor) each transaction may meet another server session, so the lock of one run
/// would stay with a session that is not ours.
/// </summary>
/// <remarks>
/// A pooler is suspected when the process id that the connection was given is not that of the server's process. Its mode is proved by a
/// second connection: while both are open, a session pooler gives each its own server process; a transaction pooler gives the second
/// one the first one's, or moves the first one when its process is in use.
/// </remarks>
internal sealed class TransactionPoolerGuard : IServerGuard
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public async ValueTask<Failure?> CheckAsync(ServerGuardContext context)
    {
        if (context.Session.Connection.ProcessID == context.Server.BackendPid)
        {
            return null;
        }

        return await IsSharedAsync(context).ConfigureAwait(false)
            ? new Failure(
                "TransactionPooler",
                $"{context.Database.Server} is a connection pooler in transaction mode: two open connections were given the same server "
                    + "process. Locks and settings of a session do not hold there, so two runs could not keep out of each other's way.",
                null,
                "connect to the server itself, or to the pooler in session mode "
                    + "(Supabase: port 5432 instead of 6543; Neon: the host without -pooler; PgBouncer: pool_mode = session)."
            )
            : null;
    }

    private static async Task<bool> IsSharedAsync(ServerGuardContext context)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.Session.CancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            await using var second = await ObserverConnection
                .OpenAsync(context.Session.Connection, limit.Token)
                .ConfigureAwait(false);
            await using var transaction = await second.BeginTransactionAsync(limit.Token).ConfigureAwait(false);
            await using var command = new NpgsqlCommand("SELECT pg_backend_pid()", second);
            var other = (int)(await command.ExecuteScalarAsync(limit.Token).ConfigureAwait(false))!;
            // The second connection is inside a transaction and keeps its process; ours may have to move.
            var ours = await context.Session.ScalarAsync<int>("SELECT pg_backend_pid()").ConfigureAwait(false);
            return other == context.Server.BackendPid || ours != context.Server.BackendPid;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ProtocolViolation)
        {
            // PgBouncer in statement mode refuses transactions altogether.
            return true;
        }
        catch (Exception e)
            when (e is NpgsqlException or OperationCanceledException
                && !context.Session.CancellationToken.IsCancellationRequested
            )
        {
            // A session pooler with one place makes the second connection wait: then ours has its process for itself.
            return false;
        }
    }
}
