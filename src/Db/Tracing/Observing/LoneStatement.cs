using Npgsql;

namespace Db.Tracing.Observing;

/// <summary>
/// Runs a statement that PostgreSQL refuses in a transaction, and sees its locks from outside. A second session is in the middle of a
/// transaction that writes to every table, as an application is: whatever the statement has to wait for shows then.
/// </summary>
internal sealed class LoneStatement(string connectionString)
{
    /// <summary>Runs it; returns the modes that it held or asked for, by relation.</summary>
    public async Task<IReadOnlyDictionary<uint, IReadOnlyList<LockMode>>> RunAsync(
        NpgsqlCommand command,
        IEnumerable<RelationState> tables,
        CancellationToken ct
    )
    {
        var pid = command.Connection!.ProcessID;
        await using var observer = new NpgsqlConnection(connectionString);
        await observer.OpenAsync(ct);
        await using var writer = new NpgsqlConnection(connectionString);
        await writer.OpenAsync(ct);
        await using var writing = await writer.BeginTransactionAsync(ct);
        var names = tables.Select(t => t.Sql).ToList();
        if (names.Count > 0)
        {
            await using var write = new NpgsqlCommand(
                $"LOCK TABLE {string.Join(", ", names)} IN ROW EXCLUSIVE MODE",
                writer
            );
            await write.ExecuteNonQueryAsync(ct);
        }

        var seen = new Dictionary<uint, IReadOnlyList<LockMode>>();
        var running = command.ExecuteNonQueryAsync(ct);
        var isWriting = true;
        while (!running.IsCompleted)
        {
            if (await LookAsync(observer, pid, seen, ct) && isWriting)
            {
                await writing.RollbackAsync(ct);
                isWriting = false;
            }

            await Task.WhenAny(running, Task.Delay(2, ct));
        }

        await running;
        return seen;
    }

    private static async Task<bool> LookAsync(
        NpgsqlConnection observer,
        int pid,
        Dictionary<uint, IReadOnlyList<LockMode>> seen,
        CancellationToken ct
    )
    {
        await using var look = new NpgsqlCommand(
            "SELECT relation, mode, granted FROM pg_catalog.pg_locks WHERE pid = $1",
            observer
        )
        {
            Parameters = { new() { Value = pid } },
        };
        await using var reader = await look.ExecuteReaderAsync(ct);
        var waits = false;
        while (await reader.ReadAsync(ct))
        {
            waits |= !reader.GetBoolean(2);
            if (!reader.IsDBNull(0) && LockModes.Parse(reader.GetString(1)) is { } mode)
            {
                var relation = reader.GetFieldValue<uint>(0);
                seen[relation] = [.. seen.GetValueOrDefault(relation, []), mode];
            }
        }

        return waits;
    }
}
