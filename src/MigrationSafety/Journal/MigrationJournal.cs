using MigrationSafety.Execution;

namespace MigrationSafety.Journal;

/// <summary>What has to survive the process: how far an unfinished migration came, and what each applied one looked like.</summary>
internal sealed class MigrationJournal(JournalTables tables, string historyTable)
{
    public async ValueTask<IReadOnlyList<UnfinishedMigration>> UnfinishedAsync(Session session) =>
        await session
            .QueryAsync(
                $"""
                SELECT migration_id, direction, commands_committed, commands_committed_hash, command_count
                FROM {tables.Unfinished} WHERE history_table = $1
                """,
                r => new UnfinishedMigration(
                    r.GetString(0),
                    Enum.Parse<MigrationDirection>(r.GetString(1)),
                    r.GetInt32(2),
                    r.GetString(3),
                    r.GetInt32(4)
                ),
                historyTable
            )
            .ConfigureAwait(false);

    public async ValueTask<IReadOnlyDictionary<string, string>> ChecksumsAsync(Session session) =>
        (
            await session
                .QueryAsync(
                    $"SELECT migration_id, checksum FROM {tables.Applied} WHERE history_table = $1",
                    r => KeyValuePair.Create(r.GetString(0), r.GetString(1)),
                    historyTable
                )
                .ConfigureAwait(false)
        ).ToDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Records how far a migration came; in the transaction of its last command, where there is one.</summary>
    public ValueTask RecordAsync(Session session, UnfinishedMigration progress) =>
        session.ExecuteAsync(
            $"""
            INSERT INTO {tables.Unfinished} AS j
                (history_table, migration_id, direction, commands_committed, commands_committed_hash, command_count)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (history_table, migration_id) DO UPDATE
            SET direction = excluded.direction, commands_committed = excluded.commands_committed,
                commands_committed_hash = excluded.commands_committed_hash, command_count = excluded.command_count,
                recorded_at = clock_timestamp()
            """,
            historyTable,
            progress.MigrationId,
            progress.Direction.ToString(),
            progress.Committed,
            progress.Hash,
            progress.Count
        );

    /// <summary>Closes a migration's record, in the transaction that writes EF Core's history.</summary>
    public async ValueTask FinishAsync(Session session, PlannedMigration migration, bool wasRecorded)
    {
        if (wasRecorded)
        {
            await session
                .ExecuteAsync(
                    $"DELETE FROM {tables.Unfinished} WHERE history_table = $1 AND migration_id = $2",
                    historyTable,
                    migration.Id
                )
                .ConfigureAwait(false);
        }

        if (migration.Direction == MigrationDirection.Up)
        {
            await SaveChecksumAsync(session, migration.Id, migration.Checksum).ConfigureAwait(false);
        }
        else
        {
            await session
                .ExecuteAsync(
                    $"DELETE FROM {tables.Applied} WHERE history_table = $1 AND migration_id = $2",
                    historyTable,
                    migration.Id
                )
                .ConfigureAwait(false);
        }
    }

    public ValueTask SaveChecksumAsync(Session session, string migrationId, string checksum) =>
        session.ExecuteAsync(
            $"""
            INSERT INTO {tables.Applied} (history_table, migration_id, checksum) VALUES ($1, $2, $3)
            ON CONFLICT (history_table, migration_id) DO UPDATE SET checksum = excluded.checksum
            """,
            historyTable,
            migrationId,
            checksum
        );
}
