namespace MigrationSafety.Guards;

/// <summary>A replica, or a session that may only read, cannot be migrated.</summary>
internal sealed class ReplicaGuard : IServerGuard
{
    public ValueTask<Failure?> CheckAsync(ServerGuardContext context) =>
        ValueTask.FromResult(
            context.Server switch
            {
                { IsReplica: true } => new Failure(
                    "Replica",
                    $"The server at {context.Database.Server} is a read-only replica; migrations run on its primary.",
                    null,
                    "connect to the primary. With several hosts in the connection string, add target_session_attrs=primary "
                        + "(key-value form: Target Session Attributes=primary)."
                ),
                { IsReadOnly: true } => new Failure(
                    "ReadOnly",
                    $"The session of {context.Database.User} at {context.Database.Server} is read-only (default_transaction_read_only is on).",
                    null,
                    "somebody may have meant it (managed servers switch it on when the disk is nearly full). Otherwise connect as a role that "
                        + "may write, or take it back where it is set (SELECT source FROM pg_settings WHERE name = 'default_transaction_read_only';):\n"
                        + $"  ALTER ROLE \"{context.Server.User}\" RESET default_transaction_read_only;\n"
                        + $"  ALTER DATABASE \"{context.Server.Database}\" RESET default_transaction_read_only;"
                ),
                _ => null,
            }
        );
}
