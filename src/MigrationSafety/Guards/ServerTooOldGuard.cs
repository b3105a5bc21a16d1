namespace MigrationSafety.Guards;

/// <summary>PostgreSQL 15 is the oldest version the rails are tested with.</summary>
internal sealed class ServerTooOldGuard : IServerGuard
{
    private const int Oldest = 15;

    public ValueTask<Failure?> CheckAsync(ServerGuardContext context) =>
        ValueTask.FromResult(
            context.Server.VersionNumber >= Oldest * 10_000
                ? null
                : new Failure(
                    "ServerTooOld",
                    $"The server at {context.Database.Server} is PostgreSQL {context.Server.Version}; the oldest supported is {Oldest}. "
                        + "On older ones some of the statements mean something else or do not exist.",
                    null,
                    $"upgrade the server to PostgreSQL {Oldest} or later, or connect to another one."
                )
        );
}
