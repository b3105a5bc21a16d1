using MigrationSafety.Arguments;
using MigrationSafety.Execution;

namespace MigrationSafety.Locking;

/// <summary>The session that holds the runner's lock, as far as our role may see it.</summary>
internal sealed record RunnerLockHolder(int Pid, string? User, string? Application, string? State, TimeSpan? Age)
{
    public static async ValueTask<RunnerLockHolder?> FindAsync(Session session, long key)
    {
        // pg_locks shows the two halves of a bigint key; objsubid 1 says that it is one bigint and not two integers.
        var holders = await session
            .QueryAsync(
                """
                SELECT l.pid, a.usename::text, a.application_name, a.state, now() - a.backend_start
                FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
                WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                  AND l.classid::bigint = $1 AND l.objid::bigint = $2
                """,
                r => new RunnerLockHolder(
                    r.GetInt32(0),
                    r.IsDBNull(1) ? null : r.GetString(1),
                    r.IsDBNull(2) ? null : r.GetString(2),
                    r.IsDBNull(3) ? null : r.GetString(3),
                    r.IsDBNull(4) ? null : r.GetTimeSpan(4)
                ),
                (long)(uint)(key >> 32),
                (long)(uint)key
            )
            .ConfigureAwait(false);
        return holders.Count == 0 ? null : holders[0];
    }

    public override string ToString() =>
        $"pid {Pid}, user {User ?? "unknown"}, application \"{Application}\", {State ?? "state hidden"}"
        + (Age is { } age ? $", connected for {Duration.Text(age)}" : "");
}
