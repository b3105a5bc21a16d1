using System.Data.Common;

namespace MigrationSafety;

/// <summary>What the rails may do and how long they wait. Immutable; built by <see cref="MigrationSafetyOptionsBuilder"/>.</summary>
/// <remarks>The defaults are safe for a live production database; nothing has to be set.</remarks>
public sealed record MigrationSafetyOptions
{
    /// <summary>
    /// Whether a database that does not exist is created. False by default: a mistyped name is far more likely than a new database.
    /// </summary>
    public bool CreateDatabase { get; init; }

    /// <summary>Whether a migration older than the newest applied one may be applied. False by default.</summary>
    public bool AllowOutOfOrder { get; init; }

    /// <summary>Whether reverting may delete data that is in the database now. False by default.</summary>
    public bool AllowDataLoss { get; init; }

    /// <summary>
    /// Whether a migration whose operations changed after it was applied is accepted, and its new checksum recorded. False by default.
    /// </summary>
    public bool AllowEdited { get; init; }

    /// <summary>
    /// What happens to hazards that no migration accepts by an <see cref="AcceptHazardAttribute"/>. Default: nothing runs.
    /// </summary>
    public HazardPolicy Hazards { get; init; } = HazardPolicy.Refuse;

    /// <summary>Whether the run only says what it would do. <see cref="PlanOutput.None"/> by default: the run happens.</summary>
    public PlanOutput Plan { get; init; }

    /// <summary>The digest of the only plan that may run, or null when any plan may.</summary>
    public string? ExpectedPlan { get; init; }

    /// <summary>
    /// The longest that a statement of a migration waits for a lock before its transaction is rolled back and tried again.
    /// Default: 2 seconds.
    /// </summary>
    /// <remarks>
    /// Everyone who asks for the table after a waiting statement waits behind it, so this is the longest pause the application sees.
    /// It is longer than PostgreSQL's deadlock_timeout (1 s), because only after that does a waiting statement make autovacuum give way.
    /// </remarks>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long the first attempts wait for a lock; every fourth waits twice as long, up to <see cref="LockTimeout"/>.
    /// Default: 100 milliseconds.
    /// </summary>
    /// <remarks>
    /// What is not had in this time is held by somebody who stays. That transaction's end is then waited for without asking for the lock,
    /// so that nobody queues, and the next attempt comes when it is over.
    /// </remarks>
    public TimeSpan FirstLockTimeout { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long one migration's transaction is tried again while somebody else holds a lock it needs. Default: 10 minutes.
    /// </summary>
    public TimeSpan LockWait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long to wait for another run on the same database to end. Default: 30 minutes.</summary>
    public TimeSpan RunnerWait { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// The longest that one statement inside a transaction may run. Null, the default, means the context's command time-out,
    /// or 30 seconds when it has none.
    /// </summary>
    public TimeSpan? StatementTimeout { get; init; }

    /// <summary>
    /// The longest that one statement outside a transaction may run, such as CREATE INDEX CONCURRENTLY. Default: 4 hours.
    /// </summary>
    public TimeSpan NonTransactionalTimeout { get; init; } = TimeSpan.FromHours(4);

    /// <summary>How long to try to connect again after the connection was lost half-way. Default: 1 minute.</summary>
    public TimeSpan ReconnectWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The age from which another session's open transaction is refused as a danger, when it holds a lock on a table
    /// that is about to be changed. Default: 5 minutes.
    /// </summary>
    public TimeSpan LongTransaction { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How many bytes are free on the disk of the server's data, for whoever runs the migrations knows it: PostgreSQL does not say. With
    /// it, a run that would rewrite larger tables than that is refused. Null, the default: nothing is compared.
    /// </summary>
    public long? FreeDisk { get; init; }

    /// <summary>
    /// Whether operations on existing tables are rewritten so that the application goes on: indexes CONCURRENTLY, constraints NOT VALID
    /// and then validated, NOT NULL by a valid check. True by default; a single operation is kept by
    /// <c>KeepAsWritten("reason")</c>.
    /// </summary>
    public bool OnlineRewrites { get; init; } = true;

    /// <summary>The schema that holds the rails' own tables. Default: <c>migrations</c>.</summary>
    public string JournalSchema { get; init; } = "migrations";

    /// <summary>
    /// Whether Ctrl-C and SIGTERM cancel the running statement and end the run in order. Null, the default, means: when run by
    /// <c>dotnet ef</c> or a bundle. In an application the host owns the signals and hands over a cancellation token.
    /// </summary>
    public bool? HandleSignals { get; init; }

    /// <summary>The project's own conditions: each says why nothing may run, or null.</summary>
    internal IReadOnlyList<Func<DbConnection, Failure?>> Conditions { get; init; } = [];

    /// <summary>
    /// What was wrong with the arguments these options were made of, or null. Said when a migration command runs,
    /// because EF Core wraps whatever a design-time factory throws into a message of its own.
    /// </summary>
    internal string? ArgumentProblem { get; init; }
}
