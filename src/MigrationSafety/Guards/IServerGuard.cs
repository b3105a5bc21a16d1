using MigrationSafety.Execution;
using MigrationSafety.Failures;

namespace MigrationSafety.Guards;

/// <summary>A check of the server and the session, before the lock is taken. One id, one file, one test.</summary>
internal interface IServerGuard
{
    /// <summary>Why the run must not go on, or null.</summary>
    ValueTask<Failure?> CheckAsync(ServerGuardContext context);
}

/// <summary>What a server guard may look at.</summary>
/// <param name="Session">The context's session.</param>
/// <param name="Server">What was read of the server.</param>
/// <param name="Database">The database in words.</param>
/// <param name="Options">The options of the run.</param>
internal sealed record ServerGuardContext(
    Session Session,
    ServerFacts Server,
    DatabaseDescription Database,
    MigrationSafetyOptions Options
);
