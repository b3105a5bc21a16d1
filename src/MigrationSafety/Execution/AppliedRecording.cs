using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;
using MigrationSafety.Diagnostics;
using MigrationSafety.Failures;
using MigrationSafety.Guards;
using MigrationSafety.Journal;
using MigrationSafety.Locking;
using MigrationSafety.Options.Internal;
using Npgsql;

namespace MigrationSafety.Execution;

/// <summary>Writes migrations into the history that were not run, because the database has their effect already.</summary>
internal sealed class AppliedRecording(
    IMigrationsAssembly assembly,
    IHistoryRepository history,
    IRelationalConnection connection,
    ISqlGenerationHelper sql,
    IDbContextOptions contextOptions,
    IDatabaseProvider provider,
    RunningCommand running,
    IDiagnosticsLogger<DbLoggerCategory.Migrations> diagnostics
)
{
    private MigrationSafetyOptions Options => contextOptions.FindExtension<MigrationSafetyOptionsExtension>()!.Options;

    public async Task RecordAsync(
        Func<NpgsqlConnection, CancellationToken, Task<MigrationsToRecord?>> decide,
        CancellationToken ct
    )
    {
        var session = new Session(connection, running, async: true, ct);
        try
        {
            await session.OpenAsync().ConfigureAwait(false);
            await RecordAsync(session, decide).ConfigureAwait(false);
        }
        finally
        {
            await session.CloseAsync().ConfigureAwait(false);
        }
    }

    private async Task RecordAsync(
        Session session,
        Func<NpgsqlConnection, CancellationToken, Task<MigrationsToRecord?>> decide
    )
    {
        var server = await ServerFacts.ReadAsync(session).ConfigureAwait(false);
        var database = DatabaseDescription.Of(connection.DbConnection);
        foreach (var guard in MigrationGuards.OfServer)
        {
            var context = new ServerGuardContext(session, server, database, Options);
            if (await guard.CheckAsync(context).ConfigureAwait(false) is { } failure)
            {
                throw new MigrationRefusedException(failure);
            }
        }

        var key = HistoryTable.Of(contextOptions).Key(server.CurrentSchema);
        await new RunnerLock(Options, new RunLogger(diagnostics)).AcquireAsync(session, key).ConfigureAwait(false);
        try
        {
            if (await decide(session.Connection, session.CancellationToken).ConfigureAwait(false) is { } record)
            {
                await WriteAsync(session, record, key).ConfigureAwait(false);
            }
        }
        finally
        {
            await session.RollbackAsync().ConfigureAwait(false);
            await RunnerLock.ReleaseAsync(session, key).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(Session session, MigrationsToRecord record, string key)
    {
        var tables = new JournalTables(Options.JournalSchema, sql);
        var journal = new MigrationJournal(tables, key);
        await session.BeginAsync().ConfigureAwait(false);
        await session
            .ExecuteAsync(
                "SELECT set_config('lock_timeout', $1, true)",
                ((long)Options.LockTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) + "ms"
            )
            .ConfigureAwait(false);
        await session.ExecuteAsync(history.GetCreateIfNotExistsScript()).ConfigureAwait(false);
        if (!await tables.ExistAsync(session).ConfigureAwait(false))
        {
            await tables.CreateAsync(session).ConfigureAwait(false);
        }

        var applied = (await history.GetAppliedMigrationsAsync(session.CancellationToken).ConfigureAwait(false))
            .Select(row => row.MigrationId)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var id in record.Ids.Where(id => !applied.Contains(id)))
        {
            if (!assembly.Migrations.TryGetValue(id, out var type))
            {
                throw new InvalidOperationException($"{id} is no migration of {assembly.Assembly.GetName().Name}.");
            }

            await session
                .ExecuteAsync(history.GetInsertScript(new HistoryRow(id, ProductInfo.GetVersion())))
                .ConfigureAwait(false);
            await journal
                .SaveChecksumAsync(session, id, MigrationChecksum.Of(assembly.CreateMigration(type, provider.Name)))
                .ConfigureAwait(false);
        }

        if (record.Alongside is { } alongside)
        {
            await alongside(session.Connection, session.CancellationToken).ConfigureAwait(false);
        }

        await session.CommitAsync().ConfigureAwait(false);
    }
}
