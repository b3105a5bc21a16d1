using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Logging;
using MigrationSafety.Arguments;
using MigrationSafety.Diagnostics;
using MigrationSafety.Failures;
using MigrationSafety.Journal;
using MigrationSafety.Locking;
using MigrationSafety.Plan;
using MigrationSafety.Statements;
using Npgsql;

namespace MigrationSafety.Execution;

/// <summary>Runs the commands of one migration: in transactions under lock_timeout, tried again as a whole, each step journalled.</summary>
/// <remarks>
/// A step is a run of commands that share a transaction, or one command that EF Core marks as suppressed. A suppressed command too runs
/// in a transaction of its own together with its journal row, so that it happens exactly once; only what PostgreSQL refuses in a
/// transaction block runs outside, and has to be repeatable.
/// </remarks>
internal sealed class MigrationExecutor(
    MigrationSafetyOptions options,
    MigrationJournal journal,
    RunProgress progress,
    ILogger logger,
    int backendPid,
    TimeSpan statementTimeout,
    string applicationName
)
{
    private static readonly TimeSpan CleanUpLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BlockerPoll = TimeSpan.FromMilliseconds(100);

    public async ValueTask ExecuteAsync(Session session, PlannedMigration migration, UnfinishedMigration? unfinished)
    {
        var started = Stopwatch.StartNew();
        using var span = MigrationSafetyDiagnostics.Start($"migration {migration.Id}");
        span?.SetTag("migration.id", migration.Id).SetTag("migration.direction", migration.Direction.ToString());
        var commands = migration.Commands;
        var next = unfinished?.Committed ?? 0;
        progress.Start(migration, next);
        if (unfinished is not null)
        {
            logger.ResumingMigration(migration.Id, next, commands.Count);
        }

        var settings = SessionSettings.MayBeChangedBy(migration)
            ? await SessionSettings.ReadAsync(session, migration).ConfigureAwait(false)
            : null;
        try
        {
            if (settings is not null)
            {
                await settings.RepeatAsync(session, migration, next).ConfigureAwait(false);
            }

            await ExecuteAsync(session, migration, unfinished, settings).ConfigureAwait(false);
        }
        catch (Exception e) when (settings is not null && !LostConnection.Is(e))
        {
            await session.RollbackAsync().ConfigureAwait(false);
            await settings.CleanUpAsync(session).ConfigureAwait(false);
            throw;
        }

        progress.Finish();
        if (
            settings is not null
            && await settings.PutBackAsync(session).ConfigureAwait(false) is { Count: > 0 } changed
        )
        {
            logger.SettingsPutBack(migration.Id, string.Join(", ", changed));
        }

        logger.MigrationDone(migration.Id, Duration.Text(started.Elapsed));
        MigrationSafetyDiagnostics.MigrationDuration.Record(started.Elapsed.TotalSeconds);
    }

    private async ValueTask ExecuteAsync(
        Session session,
        PlannedMigration migration,
        UnfinishedMigration? unfinished,
        SessionSettings? settings
    )
    {
        var commands = migration.Commands;
        var next = unfinished?.Committed ?? 0;
        var recorded = unfinished is not null;
        while (next < commands.Count)
        {
            var step = new Step(migration, next, EndOfStep(commands, next), recorded, settings);
            var inDoubt = unfinished?.Committed == next;
            next = step.End;
            if (!MustRunAlone(migration, step.Start))
            {
                await InTransactionAsync(session, step).ConfigureAwait(false);
            }
            // Where the rails said before that it may have run, its journal row has to say that it is over.
            else if (inDoubt || !await IsLeftOutAsync(session, step).ConfigureAwait(false))
            {
                await AloneAsync(session, step, inDoubt).ConfigureAwait(false);
            }
            else
            {
                // Nothing is done, so there is nothing to remember: a run that starts before it asks again.
                continue;
            }

            recorded = true;
            (progress.Committed, progress.Alone) = (next, false);
        }
    }

    private sealed record Step(PlannedMigration Migration, int Start, int End, bool Recorded, SessionSettings? Settings)
    {
        public bool IsLast => End == Migration.Commands.Count;
    }

    /// <summary>The index behind the last command that shares a transaction with the one at <paramref name="start"/>.</summary>
    public static int EndOfStep(IReadOnlyList<MigrationCommand> commands, int start)
    {
        var end = start + 1;
        while (!commands[start].TransactionSuppressed && end < commands.Count && !commands[end].TransactionSuppressed)
        {
            end++;
        }

        return end;
    }

    /// <summary>Whether PostgreSQL is known to refuse the command inside a transaction.</summary>
    public static bool MustRunAlone(PlannedMigration migration, int command) =>
        migration.Commands[command].TransactionSuppressed
        && migration.StatementsOf(command).Any(TransactionRules.MustRunAlone);

    /// <summary>Whether the command is a VALIDATE CONSTRAINT in a transaction of its own.</summary>
    private static bool OnlyValidates(PlannedMigration migration, int command) =>
        migration.Commands[command].TransactionSuppressed
        && migration.StatementsOf(command) is [var statement]
        && TransactionRules.Validates(statement);

    private async ValueTask InTransactionAsync(Session session, Step step)
    {
        var budget = new RetryBudget(options);
        var watch = new LockWatch(session, backendPid, budget.LockTimeout);
        await using var watching = watch.ConfigureAwait(false);
        var validates = OnlyValidates(step.Migration, step.Start);
        while (true)
        {
            var at = step.Start;
            try
            {
                await session.BeginAsync().ConfigureAwait(false);
                // Nobody queues behind VALIDATE CONSTRAINT, and how long it takes depends on the rows.
                await SetTimeoutsAsync(
                        session,
                        step.Migration,
                        validates ? options.LockWait : budget.LockTimeout,
                        validates ? options.NonTransactionalTimeout : statementTimeout,
                        local: true
                    )
                    .ConfigureAwait(false);
                for (; at < step.End; at++)
                {
                    if (at == step.Migration.Commands.Count - 1)
                    {
                        await BeforeRecordsAsync(session, step).ConfigureAwait(false);
                    }

                    if (await IsToBeDoneAsync(session, step.Migration, at).ConfigureAwait(false))
                    {
                        await RunAsync(session, step.Migration, at).ConfigureAwait(false);
                    }
                }

                if (step.IsLast)
                {
                    await journal.FinishAsync(session, step.Migration, step.Recorded).ConfigureAwait(false);
                }
                else
                {
                    await BeforeRecordsAsync(session, step).ConfigureAwait(false);
                    await journal.RecordAsync(session, Progress(step.Migration, step.End)).ConfigureAwait(false);
                }

                await session.CommitAsync().ConfigureAwait(false);
                return;
            }
            catch (PostgresException e) when (IsRetriable(e))
            {
                await session.RollbackAsync().ConfigureAwait(false);
                await PauseAsync(session, step.Migration, Math.Min(at, step.End - 1), e, budget, watch)
                    .ConfigureAwait(false);
            }
            catch (PostgresException e)
                when (at < step.End && IsRefusedInTransaction(e) && step.Migration.Commands[at].TransactionSuppressed)
            {
                await session.RollbackAsync().ConfigureAwait(false);
                await AloneAsync(session, step, inDoubt: false).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException && !LostConnection.Is(e))
            {
                await session.RollbackAsync().ConfigureAwait(false);
                throw e is MigrationSafetyException
                    ? e
                    : Failed(session, e, step.Migration, Math.Min(at, step.End - 1));
            }
        }
    }

    private async ValueTask<bool> IsToBeDoneAsync(Session session, PlannedMigration migration, int command) =>
        !migration.Commands[command].TransactionSuppressed
        || migration.StatementsOf(command) is not [var statement]
        || AddConstraintStep.Parse(statement, logger) is not { } constraint
        || await constraint.IsToBeDoneAsync(session, inDoubt: false).ConfigureAwait(false);

    private async ValueTask AloneAsync(Session session, Step step, bool inDoubt)
    {
        progress.Alone = true;
        var statement = step.Migration.StatementsOf(step.Start).FirstOrDefault();
        // From here on a crash leaves in doubt whether the command ran; the row says which one it was.
        if (!inDoubt)
        {
            await InOwnTransactionAsync(
                    session,
                    step,
                    () => journal.RecordAsync(session, Progress(step.Migration, step.Start))
                )
                .ConfigureAwait(false);
        }

        var repeatable = statement is null ? null : RepeatableStep.Of(statement, logger);
        var waits = statement is not null && TransactionRules.WaitsWithoutBlocking(statement);
        var budget = new RetryBudget(options);
        var watch = new LockWatch(session, backendPid, waits ? TimeSpan.FromSeconds(10) : budget.LockTimeout);
        await using var watching = watch.ConfigureAwait(false);
        using var reporting = ProgressReport.Start(session, backendPid, logger);
        while (true)
        {
            try
            {
                await SetTimeoutsAsync(
                        session,
                        step.Migration,
                        waits ? TimeSpan.Zero : budget.LockTimeout,
                        options.NonTransactionalTimeout,
                        local: false
                    )
                    .ConfigureAwait(false);
                if (
                    await OnlyWhere
                        .HoldsAsync(session, step.Migration.Commands[step.Start].CommandText)
                        .ConfigureAwait(false)
                    && (repeatable is null || await repeatable.IsToBeDoneAsync(session, inDoubt).ConfigureAwait(false))
                )
                {
                    await RunAsync(session, step.Migration, step.Start).ConfigureAwait(false);
                }

                await session.ExecuteAsync(ResetSql).ConfigureAwait(false);
                break;
            }
            catch (PostgresException e) when (IsRetriable(e))
            {
                await CleanUpAsync(session, repeatable).ConfigureAwait(false);
                await PauseAsync(session, step.Migration, step.Start, e, budget, watch).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                await CleanUpAsync(session, repeatable).ConfigureAwait(false);
                throw;
            }
            catch (Exception e) when (!LostConnection.Is(e))
            {
                await CleanUpAsync(session, repeatable).ConfigureAwait(false);
                throw e is MigrationSafetyException ? e : Failed(session, e, step.Migration, step.Start);
            }
        }

        await InOwnTransactionAsync(
                session,
                step,
                () =>
                    step.IsLast
                        ? journal.FinishAsync(session, step.Migration, wasRecorded: true)
                        : journal.RecordAsync(session, Progress(step.Migration, step.End))
            )
            .ConfigureAwait(false);
    }

    // Not the last command: the journal is closed in its transaction. And where the question fails, the step itself asks it again, with
    // its retries and its words for what went wrong.
    private async ValueTask<bool> IsLeftOutAsync(Session session, Step step)
    {
        var sql = step.Migration.Commands[step.Start].CommandText;
        if (step.IsLast || !OnlyWhere.Has(sql))
        {
            return false;
        }

        await session.BeginAsync().ConfigureAwait(false);
        try
        {
            await SetTimeoutsAsync(session, step.Migration, options.LockTimeout, statementTimeout, local: true)
                .ConfigureAwait(false);
            return !await OnlyWhere.HoldsAsync(session, sql).ConfigureAwait(false);
        }
        catch (PostgresException e) when (!LostConnection.Is(e))
        {
            return false;
        }
        finally
        {
            await session.RollbackAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask RunAsync(Session session, PlannedMigration migration, int index)
    {
        using var span = MigrationSafetyDiagnostics.Start("command");
        span?.SetTag("migration.id", migration.Id).SetTag("migration.command", index);
        progress.Running = index;
        await session.RunAsync(migration.Commands[index]).ConfigureAwait(false);
        progress.Running = null;
    }

    private async ValueTask CleanUpAsync(Session session, RepeatableStep? step)
    {
        // DROP INDEX CONCURRENTLY waits for every old transaction; whoever pressed Ctrl-C does not. Where the session is lost, the step says
        // what may be left.
        await session.GiveUpAsync($"SET statement_timeout = '{Milliseconds(CleanUpLimit)}'").ConfigureAwait(false);
        if (step is not null && await step.CleanUpAsync(session).ConfigureAwait(false) is { } cleaned)
        {
            progress.CleanedUp = cleaned;
        }

        await session.GiveUpAsync(ResetSql).ConfigureAwait(false);
    }

    private static ValueTask BeforeRecordsAsync(Session session, Step step) =>
        step.Settings is { } settings ? settings.HoldForRecordsAsync(session) : ValueTask.CompletedTask;

    private static async ValueTask InOwnTransactionAsync(Session session, Step step, Func<ValueTask> action)
    {
        await session.BeginAsync().ConfigureAwait(false);
        try
        {
            await BeforeRecordsAsync(session, step).ConfigureAwait(false);
            await action().ConfigureAwait(false);
            await session.CommitAsync().ConfigureAwait(false);
        }
        catch
        {
            await session.RollbackAsync().ConfigureAwait(false);
            throw;
        }
    }

    private ValueTask SetTimeoutsAsync(
        Session session,
        PlannedMigration migration,
        TimeSpan lockTimeout,
        TimeSpan statementTimeout,
        bool local
    )
    {
        // PostgreSQL ends the statement itself; the client only steps in when the network has swallowed the answer.
        session.Relational.CommandTimeout = (int)Math.Min(int.MaxValue / 1000, statementTimeout.TotalSeconds + 60);
        var name =
            $"{applicationName}: {(migration.Direction == MigrationDirection.Up ? "" : "revert ")}{migration.Id}";
        return session.ExecuteAsync(
            "SELECT set_config('lock_timeout', $1, $4), set_config('statement_timeout', $2, $4), set_config('application_name', $3, $4)",
            Milliseconds(lockTimeout),
            Milliseconds(statementTimeout),
            name.Length > 63 ? name[..63] : name,
            local
        );
    }

    // The session may be the caller's own, and go on after the run; until its end it has the run's name.
    private string ResetSql =>
        $"RESET lock_timeout; RESET statement_timeout; SET application_name = {SqlLiteral.Of(RunName(applicationName))}";

    /// <summary>application_name of a run between its migrations: while it looks, waits, or writes down what is done.</summary>
    public static string RunName(string application) =>
        (application.Length > 50 ? application[..50] : application) + ": migrations";

    private static string Milliseconds(TimeSpan duration) =>
        ((long)duration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) + "ms";

    private async ValueTask PauseAsync(
        Session session,
        PlannedMigration migration,
        int command,
        PostgresException e,
        RetryBudget budget,
        LockWatch watch
    )
    {
        MigrationSafetyDiagnostics.Retries.Add(1);
        if (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await watch
                .LookAgainAsync(session, [.. migration.StatementsOf(command).SelectMany(StatementLock.AllOf)])
                .ConfigureAwait(false);
        }

        if (budget.IsSpent)
        {
            throw LockNotGiven(e, migration, command, (budget.Attempt, budget.LockTimeout), watch);
        }

        // To try while the same transaction still holds its lock would only make the application queue once more for nothing. Autovacuum
        // is another matter: it gives way, but only to somebody who has waited for deadlock_timeout.
        var (timeout, attempt) = (budget.LockTimeout, budget.Attempt);
        var inTheWay = watch.Blockers;
        var waitsForThem = !budget.TriesLongestFor(inTheWay) && inTheWay.Count > 0;
        var pause = budget.NextPause();
        logger.WaitingForLock(
            migration.Id,
            Duration.Text(timeout),
            attempt,
            watch.Text,
            waitsForThem ? "when that is over" : $"in {Duration.Text(pause)}",
            Duration.Text(budget.Left)
        );
        using var span = MigrationSafetyDiagnostics.Start("wait for lock");
        MigrationSafetyDiagnostics.LockWaits.Record((timeout + pause).TotalSeconds);
        var waited = Stopwatch.StartNew();
        var reminder = new Reminder(options.LockWait);
        await session.DelayAsync(pause).ConfigureAwait(false);
        while (waitsForThem && await Blocker.AnyIsLeftAsync(session, inTheWay).ConfigureAwait(false))
        {
            if (budget.IsSpent)
            {
                throw LockNotGiven(e, migration, command, (attempt, timeout), watch);
            }

            if (reminder.IsDue())
            {
                logger.StillWaitingForLock(
                    migration.Id,
                    Duration.Text(waited.Elapsed),
                    string.Join("; ", inTheWay.Select(blocker => blocker.After(waited.Elapsed))),
                    Duration.Text(budget.Left)
                );
            }

            await session.DelayAsync(BlockerPoll).ConfigureAwait(false);
        }

        watch.Forget();
    }

    private MigrationFailedException LockNotGiven(
        PostgresException e,
        PlannedMigration migration,
        int command,
        (int Number, TimeSpan Timeout) attempt,
        LockWatch watch
    ) =>
        new(
            new Failure(
                "LockNotGiven",
                $"{migration.Id} did not get a lock it needs within {Duration.Text(options.LockWait)} ({attempt.Number} {(attempt.Number == 1 ? "attempt" : "attempts")}, "
                    + $"the last waiting {Duration.Text(attempt.Timeout)}; {e.SqlState}).\n"
                    + $"In the way: {watch.Text}.\n\n"
                    + SqlExcerpt.Of(migration.Commands[command].CommandText, 0),
                progress.Describe(),
                watch.ToDo
                    + " run again; -- --lock-wait 1h tries for longer, -- --lock-timeout 5s waits longer each time, and so does the application."
            ),
            e
        );

    private MigrationFailedException Failed(Session session, Exception e, PlannedMigration migration, int command) =>
        new(
            StatementFailure.Of(
                e,
                migration,
                command,
                progress,
                DatabaseDescription.Of(session.Connection),
                OnlyValidates(migration, command) || MustRunAlone(migration, command)
                    ? options.NonTransactionalTimeout
                    : statementTimeout
            ),
            e
        );

    private static UnfinishedMigration Progress(PlannedMigration migration, int committed) =>
        new(
            migration.Id,
            migration.Direction,
            committed,
            UnfinishedMigration.HashOf(migration.Commands.Take(committed)),
            migration.Commands.Count
        );

    // Whoever stood in the way may be gone the next time: lock time-out, deadlock, serialization failure.
    private static bool IsRetriable(PostgresException e) =>
        e.SqlState
            is PostgresErrorCodes.LockNotAvailable
                or PostgresErrorCodes.DeadlockDetected
                or PostgresErrorCodes.SerializationFailure;

    private static bool IsRefusedInTransaction(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.ActiveSqlTransaction or PostgresErrorCodes.InvalidTransactionTermination;
}
