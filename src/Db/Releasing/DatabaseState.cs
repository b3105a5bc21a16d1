using System.Globalization;
using Data;
using Db.Commands;
using MigrationSafety.Locking;
using Npgsql;

namespace Db.Releasing;

/// <summary>Where the database stands: what a person must know after a release that failed.</summary>
/// <param name="Applied">The applied migrations, in order.</param>
/// <param name="Unfinished">Migrations of which only a part is committed, in words.</param>
/// <param name="Running">Sessions that still migrate, each in words.</param>
internal sealed record DatabaseState(
    IReadOnlyList<string> Applied,
    IReadOnlyList<string> Unfinished,
    IReadOnlyList<(int Process, string What)> Running
)
{
    /// <summary>Reads it over an open session.</summary>
    public static async Task<DatabaseState> ReadAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        const string schema = AppDatabaseOptions.HistorySchema;
        var applied = await ExistsAsync(connection, $"{schema}.\"__EFMigrationsHistory\"", ct)
            ? await LinesAsync(
                connection,
                $"""SELECT "MigrationId" FROM {schema}."__EFMigrationsHistory" ORDER BY 1""",
                ct
            )
            : [];
        var unfinished = await ExistsAsync(connection, $"{schema}.unfinished_migration", ct)
            ? await LinesAsync(
                connection,
                $"""
                SELECT format('%s (%s): %s of %s commands are committed, the last at %s', migration_id,
                    CASE direction WHEN 'Up' THEN 'being applied' ELSE 'being reverted' END, commands_committed, command_count,
                    to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'))
                FROM {schema}.unfinished_migration ORDER BY migration_id
                """,
                ct
            )
            : [];
        // Whoever holds the runner's lock migrates, also while it waits without queueing, and whatever it calls itself.
        var key = RunnerLock.Key($"{schema}.__EFMigrationsHistory");
        var running = await LinesAsync(
            connection,
            """
            SELECT pid || ' ' || format('process %s (%s), %s since %s', pid, coalesce(nullif(application_name, ''), 'a run of the migrations'),
                coalesce(state, 'connected'),
                to_char(coalesce(state_change, backend_start, now()) AT TIME ZONE 'UTC', 'HH24:MI:SS "UTC"'))
            FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
                AND (pid IN (
                        SELECT l.pid FROM pg_locks l
                        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (
                                SELECT oid FROM pg_database WHERE datname = current_database())
                            AND l.classid::bigint = $1 AND l.objid::bigint = $2)
                    OR state <> 'idle' AND application_name ~ ': (revert )?[0-9]{14}_')
            ORDER BY pid
            """,
            ct,
            (long)(uint)(key >> 32),
            (long)(uint)key
        );
        return new DatabaseState(
            applied,
            unfinished,
            [
                .. running
                    .Select(line => line.Split(' ', 2))
                    .Select(parts => (int.Parse(parts[0], CultureInfo.InvariantCulture), parts[1])),
            ]
        );
    }

    /// <summary>In words, a line each.</summary>
    public IReadOnlyList<string> Describe(IReadOnlyCollection<string> toApply)
    {
        var done = toApply.Where(Applied.Contains).ToList();
        var open = toApply.Except(Applied).ToList();
        return
        [
            Applied.Count == 0
                ? "No migration is applied."
                : $"{Applied.Count} migrations are applied, the newest is {Applied[^1]}.",
            .. done.Count > 0 ? [$"Applied by this release: {string.Join(", ", done)}."] : Array.Empty<string>(),
            .. open.Count > 0 ? [$"Not applied: {string.Join(", ", open)}."] : Array.Empty<string>(),
            .. Unfinished.Select(line => $"Unfinished: {line}."),
            .. Running.Select(session =>
                $"Still running: {session.What}. Wait for its end, and look again ({ToolCommand.OnDatabase(["status"])}); going on before that only waits for it. "
                + $"Where whoever started it is gone, end it in psql, which rolls back what it has not committed: SELECT pg_terminate_backend({session.Process});"
            ),
        ];
    }

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection, string table, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("SELECT to_regclass($1) IS NOT NULL", connection)
        {
            Parameters = { new() { Value = table } },
        };
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    private static async Task<IReadOnlyList<string>> LinesAsync(
        NpgsqlConnection connection,
        string sql,
        CancellationToken ct,
        params object[] parameters
    )
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }

        await using var reader = await command.ExecuteReaderAsync(ct);
        var lines = new List<string>();
        while (await reader.ReadAsync(ct))
        {
            lines.Add(reader.GetString(0));
        }

        return lines;
    }
}
