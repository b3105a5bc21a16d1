using Data.Access;
using Npgsql;

namespace Db.Policies;

/// <summary>What became of one statement that ran as a persona.</summary>
/// <param name="Keys">The first column of the rows that came back; null where it was refused or failed.</param>
/// <param name="Refusal">PostgreSQL's words where it lacked a privilege or a policy stood against it.</param>
/// <param name="ReachedTooMuch">It reached more rows than it was allowed to count.</param>
/// <param name="TimedOut">It was stopped before it had gone through the table.</param>
/// <param name="Failure">Why nothing is known.</param>
internal sealed record Attempt(
    IReadOnlyList<string>? Keys,
    string? Refusal = null,
    bool ReachedTooMuch = false,
    bool TimedOut = false,
    string? Failure = null
)
{
    /// <summary>The condition that lets no row through, counts those that the policies did, and fails at the first too many.</summary>
    /// <remarks>
    /// It names no column, because reading one takes the right to read: a statement without a WHERE needs none, so a policy
    /// for UPDATE or DELETE that lets everybody's rows through would not be seen by a statement that names its rows.
    /// </remarks>
    public static string Counting(int allowed) =>
        $"1 / ({allowed + 1} - set_config('{Counter}', (current_setting('{Counter}')::int + 1)::text, true)::int) < -1";

    private const string Counter = "db.rows_passed";

    /// <summary>
    /// Runs a statement with a persona's rights. The savepoint that the transaction began with is gone back to first, so
    /// that nothing of the attempt before is left, whatever became of it.
    /// </summary>
    public static async Task<Attempt> RunAsync(
        NpgsqlConnection connection,
        Persona persona,
        string sql,
        TimeSpan limit,
        CancellationToken ct
    )
    {
        // One round trip: over a slow line the locks are held no longer than need be.
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("ROLLBACK TO SAVEPOINT probe"),
                new NpgsqlBatchCommand(
                    $"SELECT set_config('role', $1, true), set_config('app.user_id', $2, true), set_config('{Counter}', '0', true), "
                        + "set_config('statement_timeout', $3, true)"
                )
                {
                    Parameters =
                    {
                        new() { Value = persona.Role },
                        new() { Value = persona.UserId ?? "" },
                        new() { Value = $"{limit.TotalMilliseconds:0}ms" },
                    },
                },
                new NpgsqlBatchCommand(sql),
            },
        };
        try
        {
            await using var reader = await batch.ExecuteReaderAsync(ct);
            // The settings' own row comes first; the savepoint has none.
            await reader.NextResultAsync(ct);
            var keys = new List<string>();
            while (reader.FieldCount > 0 && await reader.ReadAsync(ct))
            {
                keys.Add(reader.GetString(0));
            }

            return new Attempt(keys);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return new Attempt(null, Refusal: e.MessageText);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DivisionByZero)
        {
            return new Attempt(null, ReachedTooMuch: true);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.QueryCanceled && !ct.IsCancellationRequested)
        {
            return new Attempt(
                null,
                TimedOut: true,
                Failure: $"it took longer than {limit.TotalSeconds:0.#} s and was stopped"
            );
        }
        catch (PostgresException e)
        {
            return new Attempt(
                null,
                Failure: e.SqlState == PostgresErrorCodes.LockNotAvailable
                    ? "another session holds a lock that it needs"
                    : $"{e.MessageText} ({e.SqlState})"
            );
        }
    }
}
