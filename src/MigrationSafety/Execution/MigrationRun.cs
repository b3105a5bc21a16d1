using System.Diagnostics;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;
using MigrationSafety.Arguments;
using MigrationSafety.Diagnostics;
using MigrationSafety.Failures;
using MigrationSafety.Guards;
using MigrationSafety.Journal;
using MigrationSafety.Locking;
using MigrationSafety.Options.Internal;
using MigrationSafety.Plan;
using Npgsql;

namespace MigrationSafety.Execution;

/// <summary>
/// A run from the first connection to the last: server guards, lock, history, guards, migrations, seeding. One implementation for
/// the synchronous and the asynchronous caller.
/// </summary>
internal sealed class MigrationRun(
    MigrationPlanner planner,
    IMigrationsAssembly assembly,
    IHistoryRepository history,
    IRelationalDatabaseCreator creator,
    IRelationalConnection connection,
    ISqlGenerationHelper sql,
    IDbContextOptions contextOptions,
    ICurrentDbContext context,
    IExecutionStrategy strategy,
    MigrationCode code,
    RunningCommand running,
    IDiagnosticsLogger<DbLoggerCategory.Migrations> diagnostics
)
{
    private static readonly TimeSpan LongestReconnectDelay = TimeSpan.FromSeconds(1);

    private readonly HistoryTable _historyTable = HistoryTable.Of(contextOptions);
    private TimeSpan _statementTimeout;

    private ILogger Logger { get; } = new RunLogger(diagnostics);

    private MigrationSafetyOptions Options => contextOptions.FindExtension<MigrationSafetyOptionsExtension>()!.Options;

    public async ValueTask RunAsync(
        string? target,
        Func<bool> hasPendingModelChanges,
        bool async,
        CancellationToken cancellationToken
    )
    {
        RefuseUserTransaction();
        RefuseOneSidedSeeding(async);
        FirstUse.Begin();
        code.Begin();
        var resolved = planner.Resolve(target);
        using var span = MigrationSafetyDiagnostics.Start("migrate");
        using var signals = new Signals(Options.HandleSignals ?? EF.IsDesignTime, Logger, cancellationToken);
        var session = new Session(connection, running, async, signals.Token);
        var progress = new RunProgress();
        var commandTimeout = connection.CommandTimeout;
        _statementTimeout =
            Options.StatementTimeout ?? TimeSpan.FromSeconds(commandTimeout is > 0 and var seconds ? seconds : 30);
        try
        {
            await RunAsync(session, resolved, hasPendingModelChanges, progress).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (signals.Received is { } signal)
        {
            throw new MigrationFailedException(
                new Failure("Canceled", $"The run was ended by {signal}.", progress.Describe(), "run again to go on."),
                e
            );
        }
        finally
        {
            await session.CloseAsync().ConfigureAwait(false);
            connection.CommandTimeout = commandTimeout;
        }
    }

    // A lost connection is a crash that the process survived: connect again, take the lock, read again what is committed.
    private async ValueTask RunAsync(
        Session session,
        string? target,
        Func<bool> hasPendingModelChanges,
        RunProgress progress
    )
    {
        Stopwatch? lost = null;
        var before = -1;
        var delay = TimeSpan.Zero;
        var atCommand = new LossesAtCommand();
        while (true)
        {
            try
            {
                await OpenAsync(session, lost is not null).ConfigureAwait(false);
                await OnceAsync(session, target, hasPendingModelChanges, progress).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (LostConnection.Is(e))
            {
                var cause = ConnectionFailure.Of(e, DatabaseDescription.Of(connection.DbConnection));
                await session.CloseAsync().ConfigureAwait(false);
                if (atCommand.Note(progress) is var (migration, command))
                {
                    throw new MigrationFailedException(
                        StatementFailure.OfLostConnection(cause.What, migration, command, progress),
                        e
                    );
                }

                // Each step forward earns a new budget; without one, a server that never comes back must end the run.
                var now = progress.Done.Count * 1000 + progress.Committed;
                lost = lost is null || now != before ? Stopwatch.StartNew() : lost;
                if (lost.Elapsed > Options.ReconnectWait)
                {
                    throw new MigrationFailedException(
                        new Failure(
                            "ConnectionLost",
                            $"The connection was lost and could not be had again within {Duration.Text(Options.ReconnectWait)}: {cause.What}",
                            progress.Describe()
                                + " If it was lost during a COMMIT, that migration may be applied; the next run finds out.",
                            "when the server is back, run again: it goes on where this run stopped."
                        ),
                        e
                    );
                }

                Logger.ConnectionLost(cause.What, Duration.Text(Options.ReconnectWait - lost.Elapsed));
                // One lost backend can be replaced at once; a server that restarts needs a while.
                delay =
                    now != before ? TimeSpan.FromMilliseconds(20)
                    : delay < LongestReconnectDelay ? delay * 2
                    : delay;
                before = now;
                await session.DelayAsync(delay * (0.75 + 0.5 * Random.Shared.NextDouble())).ConfigureAwait(false);
            }
            // What a migration's own command met was put into words where it ran; this is the rails' own looking and writing down.
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                throw new MigrationFailedException(
                    OwnStatementFailure.Of(e, DatabaseDescription.Of(connection.DbConnection), progress),
                    e
                );
            }
        }
    }

    private async ValueTask OpenAsync(Session session, bool again)
    {
        try
        {
            await session.OpenAsync().ConfigureAwait(false);
        }
        catch (PostgresException e)
            when (e.SqlState == PostgresErrorCodes.InvalidCatalogName
                && Options is { CreateDatabase: true, Plan: PlanOutput.None }
            )
        {
            await CreateDatabaseAsync(session).ConfigureAwait(false);
            await session.OpenAsync().ConfigureAwait(false);
        }
        catch (Exception e)
            when (!again
                && e
                    is NpgsqlException
                        or InvalidOperationException
                        or TimeoutException
                        or System.Net.Sockets.SocketException
            )
        {
            var failure = ConnectionFailure.Of(e, DatabaseDescription.Of(connection.DbConnection));
            throw e is PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName }
                ? new MigrationRefusedException(failure, e)
                : new MigrationFailedException(failure, e);
        }
    }

    private async ValueTask CreateDatabaseAsync(Session session)
    {
        var database = DatabaseDescription.Of(connection.DbConnection);
        try
        {
            if (session.Async)
            {
                await creator.CreateAsync(session.CancellationToken).ConfigureAwait(false);
            }
            else
            {
                creator.Create();
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // Another run was faster.
        }
        catch (PostgresException e)
        {
            throw new MigrationFailedException(
                new Failure(
                    e.SqlState == PostgresErrorCodes.InsufficientPrivilege ? "PrivilegeMissing" : "DatabaseNotCreated",
                    $"The database \"{database.Database}\" could not be created at {database.Server}: {e.MessageText} ({e.SqlState}).",
                    null,
                    e.SqlState == PostgresErrorCodes.InsufficientPrivilege
                        ? MissingPrivilege.ToDo(e, database.User, database.Database)
                        : "create it by hand, then run again."
                ),
                e
            );
        }
    }

    private async ValueTask OnceAsync(
        Session session,
        string? target,
        Func<bool> hasPendingModelChanges,
        RunProgress progress
    )
    {
        var database = DatabaseDescription.Of(connection.DbConnection);
        var server = await ServerFacts.ReadAsync(session).ConfigureAwait(false);
        foreach (var guard in MigrationGuards.OfServer)
        {
            Refuse(
                await guard.CheckAsync(new ServerGuardContext(session, server, database, Options)).ConfigureAwait(false)
            );
        }

        try
        {
            await IntroduceAsync(session, server).ConfigureAwait(false);
            diagnostics.MigrateUsingConnection(context.Context.GetService<IMigrator>(), connection);
            await UnderLockAsync(session, target, hasPendingModelChanges, (database, server), progress)
                .ConfigureAwait(false);
        }
        finally
        {
            await TakeLeaveAsync(session, server).ConfigureAwait(false);
        }
    }

    private async ValueTask UnderLockAsync(
        Session session,
        string? target,
        Func<bool> hasPendingModelChanges,
        (DatabaseDescription Database, ServerFacts Server) at,
        RunProgress progress
    )
    {
        var server = at.Server;
        var key = _historyTable.Key(server.CurrentSchema);
        await new RunnerLock(Options, Logger).AcquireAsync(session, key).ConfigureAwait(false);
        var released = false;
        try
        {
            var tables = new JournalTables(Options.JournalSchema, sql);
            var journal = new MigrationJournal(tables, key);
            var look = new PatientLook(Options, Logger, progress, server.BackendPid);
            var (guarded, hasJournal, refused) = await look.AtAsync(
                    session,
                    () => LookAsync(session, target, hasPendingModelChanges, at, tables, journal)
                )
                .ConfigureAwait(false);
            var plan = guarded.Plan;
            var planned = progress.Plan(plan.Steps.Count);
            if (Options.Plan != PlanOutput.None)
            {
                ShowPlan(
                    await look.AtAsync(session, () => PlanReader.ReadAsync(guarded, _statementTimeout, refused))
                        .ConfigureAwait(false)
                );
            }

            // After a lost connection the rest of an accepted plan is another plan.
            Refuse(refused ?? (planned ? null : PlanChanged(plan)));
            if (Options.Plan != PlanOutput.None)
            {
                return;
            }

            await RecordEditedAsync(guarded, journal).ConfigureAwait(false);
            if (plan.Steps.Count == 0)
            {
                diagnostics.MigrationsNotApplied(context.Context.GetService<IMigrator>());
            }
            else
            {
                await PrepareAsync(session, tables, hasJournal, plan.Applied.Count > 0).ConfigureAwait(false);
                await ExecuteAsync(session, plan, guarded.Unfinished, journal, progress, server).ConfigureAwait(false);
            }

            await SeedAsync(session, progress).ConfigureAwait(false);
            await RunnerLock.ReleaseAsync(session, key).ConfigureAwait(false);
            released = true;
        }
        finally
        {
            if (!released)
            {
                await session.RollbackAsync().ConfigureAwait(false);
                await RunnerLock.ReleaseAsync(session, key).ConfigureAwait(false);
            }
        }
    }

    // A role's or a database's transaction_timeout is meant for the application. It would end the session in the middle of a build, and
    // the next attempt too. The name is for whoever meets the session in pg_stat_activity: a run that waits for this one says it as well.
    private ValueTask IntroduceAsync(Session session, ServerFacts server) =>
        session.ExecuteAsync(
            HasTransactionTimeout(server)
                ? "SELECT set_config('application_name', $1, false), set_config('transaction_timeout', '0', false)"
                : "SELECT set_config('application_name', $1, false)",
            MigrationExecutor.RunName(ApplicationName(connection.DbConnection.ConnectionString))
        );

    // The session may be the caller's own, and go on after the run.
    private static ValueTask TakeLeaveAsync(Session session, ServerFacts server) =>
        session.GiveUpAsync(
            HasTransactionTimeout(server)
                ? "RESET application_name; RESET transaction_timeout"
                : "RESET application_name"
        );

    private static bool HasTransactionTimeout(ServerFacts server) => server.VersionNumber >= 170000;

    // What is applied, what would run, and whether anything speaks against it.
    private async ValueTask<(MigrationGuardContext Guarded, bool HasJournal, Failure? Refused)> LookAsync(
        Session session,
        string? target,
        Func<bool> hasPendingModelChanges,
        (DatabaseDescription Database, ServerFacts Server) at,
        JournalTables tables,
        MigrationJournal journal
    )
    {
        var (applied, hasJournal) = await ReadHistoryAsync(session, tables).ConfigureAwait(false);
        var plan = planner.Plan(target, applied);
        if (plan.Steps.Count > 0)
        {
            FirstUse.BeginReview();
        }

        var guarded = new MigrationGuardContext(
            session,
            at.Server,
            at.Database,
            Options,
            plan,
            assembly,
            hasJournal ? await journal.UnfinishedAsync(session).ConfigureAwait(false) : [],
            hasJournal ? await journal.ChecksumsAsync(session).ConfigureAwait(false) : new Dictionary<string, string>(),
            code,
            sql,
            Logger,
            new MigrationRecords(_historyTable, _historyTable.Key(at.Server.CurrentSchema), history, tables)
        );
        var refused = PendingModelChanges(plan, hasPendingModelChanges);
        foreach (var condition in Options.Conditions)
        {
            refused ??= condition(connection.DbConnection);
        }

        foreach (var guard in MigrationGuards.OfMigrations)
        {
            refused ??= await guard.CheckAsync(guarded).ConfigureAwait(false);
        }

        return (guarded, hasJournal, refused);
    }

    private async ValueTask<(IReadOnlyList<string> Applied, bool HasJournal)> ReadHistoryAsync(
        Session session,
        JournalTables tables
    )
    {
        try
        {
            return await HistoryAsync(session, tables).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new MigrationRefusedException(
                OwnStatementFailure.HistoryNotReadable(
                    e,
                    DatabaseDescription.Of(connection.DbConnection).User,
                    sql,
                    [_historyTable.Schema ?? "public", Options.JournalSchema]
                ),
                e
            );
        }
    }

    private async ValueTask<(IReadOnlyList<string> Applied, bool HasJournal)> HistoryAsync(
        Session session,
        JournalTables tables
    )
    {
        // Asked for first: EF Core finds a missing history table by an error, which its log shows as a failure.
        var exists = await session
            .QueryAsync(
                "SELECT to_regclass($1) IS NOT NULL, to_regclass($2) IS NOT NULL AND to_regclass($3) IS NOT NULL",
                r => new { History = r.GetBoolean(0), Journal = r.GetBoolean(1) },
                _historyTable.Delimited(sql),
                tables.Unfinished,
                tables.Applied
            )
            .ConfigureAwait(false);
        var rows = exists[0].History ? await session.ReadHistoryAsync(history).ConfigureAwait(false) : [];
        return ([.. rows.Select(row => row.MigrationId)], exists[0].Journal);
    }

    // --allow-edited says once that a change makes no difference; without the new checksum it would have to be said for ever.
    private async ValueTask RecordEditedAsync(MigrationGuardContext guarded, MigrationJournal journal)
    {
        if (!Options.AllowEdited)
        {
            return;
        }

        foreach (var (id, recorded) in guarded.Checksums)
        {
            if (assembly.Migrations.ContainsKey(id) && code.ChecksumOf(id) is var now && now != recorded)
            {
                await journal.SaveChecksumAsync(guarded.Session, id, now).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask PrepareAsync(Session session, JournalTables tables, bool hasJournal, bool hasHistory)
    {
        try
        {
            await session.BeginAsync().ConfigureAwait(false);
            if (!hasHistory)
            {
                await session.ExecuteAsync(history.GetCreateIfNotExistsScript()).ConfigureAwait(false);
            }

            if (!hasJournal)
            {
                await tables.CreateAsync(session).ConfigureAwait(false);
            }

            await session.CommitAsync().ConfigureAwait(false);
        }
        catch (PostgresException e) when (!LostConnection.Is(e))
        {
            await session.RollbackAsync().ConfigureAwait(false);
            var database = DatabaseDescription.Of(connection.DbConnection);
            throw new MigrationFailedException(
                new Failure(
                    e.SqlState == PostgresErrorCodes.InsufficientPrivilege ? "PrivilegeMissing" : "HistoryNotCreated",
                    $"The tables that record migrations could not be created in {database}: {e.MessageText} ({e.SqlState}).",
                    null,
                    e.SqlState == PostgresErrorCodes.InsufficientPrivilege
                        ? MissingPrivilege.ToDo(e, database.User, database.Database) + "\n       Then run again."
                        : "correct what the message names, then run again."
                ),
                e
            );
        }
    }

    private async ValueTask ExecuteAsync(
        Session session,
        MigrationPlan plan,
        IReadOnlyList<UnfinishedMigration> unfinished,
        MigrationJournal journal,
        RunProgress progress,
        ServerFacts server
    )
    {
        var executor = new MigrationExecutor(
            Options,
            journal,
            progress,
            Logger,
            server.BackendPid,
            _statementTimeout,
            ApplicationName(connection.DbConnection.ConnectionString)
        );
        var migrator = context.Context.GetService<IMigrator>();
        foreach (var step in plan.Steps)
        {
            if (step.Direction == MigrationDirection.Up)
            {
                diagnostics.MigrationApplying(migrator, step.Make());
            }
            else
            {
                var migration = step.Make();
                diagnostics.MigrationReverting(migrator, migration);
                if (migration.DownOperations.Count == 0 && migration.UpOperations.Count > 0)
                {
                    Logger.EmptyDown(step.Id);
                }
            }

            await executor
                .ExecuteAsync(
                    session,
                    step,
                    unfinished.FirstOrDefault(u => u.MigrationId == step.Id && u.Direction == step.Direction)
                )
                .ConfigureAwait(false);
        }

        // As Npgsql's own migrator does it: a new type is unknown to this process until its types are read again.
        if (plan.Steps.Any(step => step.AltersDatabase))
        {
            if (session.Async)
            {
                await session.Connection.ReloadTypesAsync(session.CancellationToken).ConfigureAwait(false);
            }
            else
            {
                session.Connection.ReloadTypes();
            }
        }
    }

    private async ValueTask SeedAsync(Session session, RunProgress progress)
    {
        try
        {
            await SeedAsync(session, progress.Done.Count > 0).ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is not (MigrationSafetyException or OperationCanceledException) && !LostConnection.Is(e))
        {
            throw new MigrationFailedException(
                new Failure(
                    "SeedingFailed",
                    $"The migrations are applied, but the seeding after them failed: {(e.InnerException ?? e).Message}",
                    progress.Describe(),
                    "correct UseSeeding or the data it meets, then run again: seeding runs each time."
                ),
                e
            );
        }
    }

    private async ValueTask SeedAsync(Session session, bool anyMigration)
    {
        var core = contextOptions.FindExtension<CoreOptionsExtension>();
        if (session.Async && core?.AsyncSeeder is { } seedAsync)
        {
            await strategy
                .ExecuteAsync(
                    0,
                    async (db, _, token) =>
                    {
                        await seedAsync(db, anyMigration, token).ConfigureAwait(false);
                        return 0;
                    },
                    null,
                    session.CancellationToken
                )
                .ConfigureAwait(false);
        }
        else if (!session.Async && core?.Seeder is { } seed)
        {
            strategy.Execute(
                0,
                (db, _) =>
                {
                    seed(db, anyMigration);
                    return 0;
                },
                null
            );
        }
    }

    private void ShowPlan(RunPlan plan)
    {
        // To the standard output itself: a log would put its own marks before the lines, and JSON must stand alone.
        Console.Out.WriteLine(PlanText.Of(plan, Options.Plan));
        if (Options.Plan == PlanOutput.Json && EF.IsDesignTime)
        {
            // What follows there is EF Core's "Done.", which is no JSON.
            Console.SetOut(TextWriter.Null);
        }
    }

    private Failure? PlanChanged(MigrationPlan plan) =>
        Options.ExpectedPlan is { } expected && PlanDigest.Of(plan) is var digest && digest != expected
            ? new Failure(
                "PlanChanged",
                $"What would run now is plan {digest}, and only plan {expected} may: since it was made, the migrations or what is applied "
                    + "have changed.",
                null,
                "look at the plan again (-- --plan), and run with its digest."
            )
            : null;

    private static void Refuse(Failure? failure)
    {
        if (failure is not null)
        {
            throw new MigrationRefusedException(failure);
        }
    }

    private void RefuseUserTransaction()
    {
        if (connection.CurrentTransaction is not null)
        {
            Refuse(
                new Failure(
                    "OpenTransaction",
                    "Migrations were started inside a transaction of the caller's. They could be neither tried again after a lock time-out "
                        + "nor resumed after a crash, and their locks would last as long as the caller's transaction.",
                    null,
                    "call Migrate() or MigrateAsync() outside of BeginTransaction()."
                )
            );
        }
    }

    // EF Core finds this out after the migrations have been committed; bundles and dotnet ef take the synchronous path.
    private void RefuseOneSidedSeeding(bool async)
    {
        var core = contextOptions.FindExtension<CoreOptionsExtension>();
        var (has, needs) = async
            ? (core?.Seeder is not null && core.AsyncSeeder is null, "UseAsyncSeeding")
            : (core?.AsyncSeeder is not null && core.Seeder is null, "UseSeeding");
        if (has)
        {
            Refuse(
                new Failure(
                    "SeedingIncomplete",
                    $"The context configures {(async ? "UseSeeding" : "UseAsyncSeeding")} without {needs}, which "
                        + (async ? "MigrateAsync()" : "bundles, dotnet ef and Migrate()")
                        + " would call after the migrations.",
                    null,
                    $"add {needs} with the same effect."
                )
            );
        }
    }

    private Failure? PendingModelChanges(MigrationPlan plan, Func<bool> hasPendingModelChanges)
    {
        var behavior = contextOptions
            .FindExtension<CoreOptionsExtension>()
            ?.WarningsConfiguration.GetBehavior(RelationalEventId.PendingModelChangesWarning);
        // A way back must not be blocked by what the newer model lacks.
        if (
            behavior == WarningBehavior.Ignore
            || ModelCheck.WasMadeAtBuild
            || plan.Steps.Any(step => step.Direction == MigrationDirection.Down)
            || assembly.Migrations.Count == 0
            || assembly.ModelSnapshot is null
            || !hasPendingModelChanges()
        )
        {
            return null;
        }

        if (behavior == WarningBehavior.Log)
        {
            diagnostics.PendingModelChangesWarning(context.Context.GetType());
            return null;
        }

        return new Failure(
            "PendingModelChanges",
            $"The model of {context.Context.GetType().Name} has changes that no migration holds: the code would expect a schema that "
                + "the database does not get.",
            null,
            "write the migration, then build again: dotnet ef migrations add <Name>"
        );
    }

    private static string ApplicationName(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString).ApplicationName is { Length: > 0 } name
            ? name
            : Assembly.GetEntryAssembly()?.GetName().Name ?? "migrations";
}
