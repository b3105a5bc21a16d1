using System.Data.Common;

namespace MigrationSafety;

/// <summary>Sets the options of <c>UseMigrationSafety</c>. Every duration must be positive.</summary>
public sealed class MigrationSafetyOptionsBuilder
{
    /// <summary>Starts from options that exist.</summary>
    /// <param name="options">The options to start from.</param>
    public MigrationSafetyOptionsBuilder(MigrationSafetyOptions options) => Options = options;

    /// <summary>The options as set so far.</summary>
    public MigrationSafetyOptions Options { get; private set; }

    /// <summary>Takes the options that stand on the command line, over those set before.</summary>
    /// <param name="arguments">The parsed arguments.</param>
    public MigrationSafetyOptionsBuilder UseArguments(MigrationSafetyArguments arguments) =>
        With(arguments.ApplyTo(Options));

    /// <summary>Creates the database when it does not exist.</summary>
    /// <param name="create">Whether to create it.</param>
    public MigrationSafetyOptionsBuilder CreateDatabase(bool create = true) =>
        With(Options with { CreateDatabase = create });

    /// <summary>Applies a migration although a newer one has been applied.</summary>
    /// <param name="allow">Whether to allow it.</param>
    public MigrationSafetyOptionsBuilder AllowOutOfOrder(bool allow = true) =>
        With(Options with { AllowOutOfOrder = allow });

    /// <summary>Reverts migrations although that deletes data.</summary>
    /// <param name="allow">Whether to allow it.</param>
    public MigrationSafetyOptionsBuilder AllowDataLoss(bool allow = true) =>
        With(Options with { AllowDataLoss = allow });

    /// <summary>Accepts migrations that were changed after they had been applied.</summary>
    /// <param name="allow">Whether to allow it.</param>
    public MigrationSafetyOptionsBuilder AllowEdited(bool allow = true) => With(Options with { AllowEdited = allow });

    /// <summary>What a run does about hazards that no migration accepts.</summary>
    /// <param name="policy">Refuse, report or ignore.</param>
    public MigrationSafetyOptionsBuilder Hazards(HazardPolicy policy) => With(Options with { Hazards = policy });

    /// <summary>Only says what would run.</summary>
    /// <param name="output">For people or for machines.</param>
    public MigrationSafetyOptionsBuilder Plan(PlanOutput output = PlanOutput.Text) =>
        With(Options with { Plan = output });

    /// <summary>Runs only exactly the plan with this digest.</summary>
    /// <param name="digest">The digest that <c>--plan</c> printed.</param>
    public MigrationSafetyOptionsBuilder ExpectPlan(string digest) => With(Options with { ExpectedPlan = digest });

    /// <summary>The longest wait for a lock, and with it the longest pause the application sees.</summary>
    /// <param name="longest">How long the last attempts wait.</param>
    /// <param name="first">How long the first attempt waits; null keeps the default, cut to <paramref name="longest"/>.</param>
    public MigrationSafetyOptionsBuilder LockTimeout(TimeSpan longest, TimeSpan? first = null) =>
        With(
            Options with
            {
                LockTimeout = Positive(longest),
                FirstLockTimeout = Positive(first ?? Options.FirstLockTimeout),
            }
        );

    /// <summary>How long one migration is tried again while somebody holds a lock it needs.</summary>
    /// <param name="budget">The total of all attempts and pauses.</param>
    public MigrationSafetyOptionsBuilder LockWait(TimeSpan budget) =>
        With(Options with { LockWait = Positive(budget) });

    /// <summary>How long to wait for another run on the same database.</summary>
    /// <param name="limit">The longest wait.</param>
    public MigrationSafetyOptionsBuilder RunnerWait(TimeSpan limit) =>
        With(Options with { RunnerWait = Positive(limit) });

    /// <summary>The longest that one statement inside a transaction may run.</summary>
    /// <param name="limit">The limit.</param>
    public MigrationSafetyOptionsBuilder StatementTimeout(TimeSpan limit) =>
        With(Options with { StatementTimeout = Positive(limit) });

    /// <summary>The longest that one statement outside a transaction may run.</summary>
    /// <param name="limit">The limit.</param>
    public MigrationSafetyOptionsBuilder NonTransactionalTimeout(TimeSpan limit) =>
        With(Options with { NonTransactionalTimeout = Positive(limit) });

    /// <summary>How long to try to connect again after the connection was lost half-way.</summary>
    /// <param name="limit">The limit.</param>
    public MigrationSafetyOptionsBuilder ReconnectWait(TimeSpan limit) =>
        With(Options with { ReconnectWait = Positive(limit) });

    /// <summary>The age from which another session's open transaction is refused as a danger.</summary>
    /// <param name="age">The age.</param>
    public MigrationSafetyOptionsBuilder LongTransaction(TimeSpan age) =>
        With(Options with { LongTransaction = Positive(age) });

    /// <summary>How much is free on the disk of the server's data; a run that would need more to rewrite tables is refused.</summary>
    /// <param name="bytes">The free bytes.</param>
    public MigrationSafetyOptionsBuilder FreeDisk(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return With(Options with { FreeDisk = bytes });
    }

    /// <summary>Rewrites operations on existing tables so that the application goes on while they run.</summary>
    /// <param name="rewrite">False to run all of them as EF Core writes them.</param>
    public MigrationSafetyOptionsBuilder OnlineRewrites(bool rewrite = true) =>
        With(Options with { OnlineRewrites = rewrite });

    /// <summary>The schema that holds the rails' own tables.</summary>
    /// <param name="name">The schema's name.</param>
    public MigrationSafetyOptionsBuilder JournalSchema(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return With(Options with { JournalSchema = name });
    }

    /// <summary>Whether Ctrl-C and SIGTERM end the run in order.</summary>
    /// <param name="handle">Whether to handle them.</param>
    public MigrationSafetyOptionsBuilder HandleSignals(bool handle = true) =>
        With(Options with { HandleSignals = handle });

    /// <summary>
    /// Adds a condition of the project's own, asked under the lock and before any SQL of a migration. What it returns is why nothing may
    /// run; null lets the run go on.
    /// </summary>
    /// <param name="condition">
    /// Given the run's open connection, outside of a transaction. It should ask little and must change nothing.
    /// </param>
    public MigrationSafetyOptionsBuilder RefuseWhen(Func<DbConnection, Failure?> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return With(Options with { Conditions = [.. Options.Conditions, condition] });
    }

    private MigrationSafetyOptionsBuilder With(MigrationSafetyOptions options)
    {
        Options = options;
        return this;
    }

    private static TimeSpan Positive(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        return duration;
    }
}
