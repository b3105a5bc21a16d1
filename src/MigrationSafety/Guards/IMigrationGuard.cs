using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;
using MigrationSafety.Execution;
using MigrationSafety.Failures;
using MigrationSafety.Journal;

namespace MigrationSafety.Guards;

/// <summary>A check of what is about to run, under the lock and before any of its SQL. One id, one file, one test.</summary>
internal interface IMigrationGuard
{
    /// <summary>Why the run must not go on, or null.</summary>
    ValueTask<Failure?> CheckAsync(MigrationGuardContext context);
}

/// <summary>What a guard may look at.</summary>
/// <param name="Session">The context's session, which holds the lock.</param>
/// <param name="Server">What was read of the server.</param>
/// <param name="Database">The database in words.</param>
/// <param name="Options">The options of the run.</param>
/// <param name="Plan">What would run.</param>
/// <param name="Assembly">The migrations in the code.</param>
/// <param name="Unfinished">Migrations that an earlier run left unfinished.</param>
/// <param name="Checksums">The checksums of applied migrations, by id.</param>
/// <param name="Sql">Quotes names.</param>
/// <param name="Logger">For what a guard says without refusing.</param>
/// <param name="Code">Makes the migrations and their checksums.</param>
/// <param name="Records">Where it is written down what is applied.</param>
internal sealed record MigrationGuardContext(
    Session Session,
    ServerFacts Server,
    DatabaseDescription Database,
    MigrationSafetyOptions Options,
    MigrationPlan Plan,
    IMigrationsAssembly Assembly,
    IReadOnlyList<UnfinishedMigration> Unfinished,
    IReadOnlyDictionary<string, string> Checksums,
    MigrationCode Code,
    ISqlGenerationHelper Sql,
    ILogger Logger,
    MigrationRecords Records
);

/// <summary>Where it is written down what is applied: EF Core's history and the rails' journal.</summary>
/// <param name="Table">The history table's name.</param>
/// <param name="Key">The name under which the journal's rows belong to it.</param>
/// <param name="History">Makes the statements that write to it.</param>
/// <param name="Journal">The journal's tables.</param>
internal sealed record MigrationRecords(
    HistoryTable Table,
    string Key,
    IHistoryRepository History,
    JournalTables Journal
);
