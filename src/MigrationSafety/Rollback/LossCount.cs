using System.Globalization;
using MigrationSafety.Execution;
using Npgsql;

namespace MigrationSafety.Rollback;

/// <summary>Counts on the live database what reverting would take away.</summary>
internal static class LossCount
{
    /// <summary>One line for each loss that is one; what is empty, or not there, is none.</summary>
    public static async ValueTask<IReadOnlyList<(string Line, bool IsCertain)>> ReadAsync(
        Session session,
        IReadOnlyList<PossibleLoss> losses
    )
    {
        var lines = new List<(string Line, bool IsCertain)>();
        var goneTables = new HashSet<string>(StringComparer.Ordinal);
        foreach (var loss in losses.OfType<TableLoss>())
        {
            if (goneTables.Add(loss.Table) && await RowsAsync(session, loss.Table).ConfigureAwait(false) is { } text)
            {
                lines.Add(($"{Plain(loss.Table)}: {text} ({loss.Migration} drops the table)", true));
            }
        }

        foreach (var loss in losses.Where(loss => loss is not TableLoss))
        {
            var line = loss switch
            {
                ColumnLoss column when !goneTables.Contains(column.Table) => await ValuesAsync(session, column)
                    .ConfigureAwait(false),
                RowsLoss rows when !goneTables.Contains(rows.Table) => await RowsAsync(session, rows.Table)
                    .ConfigureAwait(false)
                    is { } text
                    ? $"{Plain(rows.Table)}: {text}, of which any may be hit ({rows.Migration}: {rows.Verb})"
                    : null,
                UnknownLoss unknown =>
                    $"{unknown.What} ({unknown.Migration}: what it takes away cannot be told before)",
                _ => null,
            };
            if (line is not null)
            {
                lines.Add((line, loss is ColumnLoss));
            }
        }

        return lines;
    }

    private static async ValueTask<string?> RowsAsync(Session session, string table)
    {
        if (!await session.ScalarAsync<bool>("SELECT to_regclass($1) IS NOT NULL", table).ConfigureAwait(false))
        {
            return null;
        }

        var (rows, problem) = await CountAsync(session, $"SELECT count(*), count(*) FROM {table}")
            .ConfigureAwait(false);
        return problem is not null ? $"rows could not be counted ({problem})"
            : rows.All == 0 ? null
            : $"{Number(rows.All)} {(rows.All == 1 ? "row" : "rows")}";
    }

    private static async ValueTask<string?> ValuesAsync(Session session, ColumnLoss loss)
    {
        var name = Statements.ConcurrentIndex.NameOf(loss.Column);
        var defaults = await session
            .QueryAsync(
                """
                SELECT CASE WHEN a.attgenerated <> '' THEN '' ELSE pg_get_expr(d.adbin, d.adrelid) END, a.attgenerated <> ''
                FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attrelid = to_regclass($1) AND a.attname = $2 AND NOT a.attisdropped
                """,
                r => (Default: r.IsDBNull(0) ? null : r.GetString(0), IsGenerated: r.GetBoolean(1)),
                loss.Table,
                name
            )
            .ConfigureAwait(false);
        // What is computed from other columns can be computed again.
        if (defaults.Count == 0 || defaults[0].IsGenerated)
        {
            return null;
        }

        // The default comes back with the column; only what somebody wrote is lost.
        var written = defaults[0].Default is { Length: > 0 } expression
            ? $"{loss.Column} IS NOT NULL AND {loss.Column}::text IS DISTINCT FROM ({expression})::text"
            : $"{loss.Column} IS NOT NULL";
        var (rows, problem) = await CountAsync(
                session,
                $"SELECT count(*), count(*) FILTER (WHERE {written}) FROM {loss.Table}"
            )
            .ConfigureAwait(false);
        var values =
            problem is not null ? $"values could not be counted ({problem})"
            : rows.Held == 0 ? null
            : $"{Number(rows.Held)} of {Number(rows.All)} rows hold a value";
        return values is null ? null : $"{Plain(loss.Table)}.{name}: {values} ({loss.Migration} drops the column)";
    }

    private static async ValueTask<((long All, long Held) Rows, string? Problem)> CountAsync(
        Session session,
        string sql
    )
    {
        await session.BeginAsync().ConfigureAwait(false);
        try
        {
            // Row security that applies to us would hide rows and make a loss look like none; off, it is an error instead.
            await session.ExecuteAsync("SET LOCAL row_security = off").ConfigureAwait(false);
            var rows = await session.QueryAsync(sql, r => (r.GetInt64(0), r.GetInt64(1))).ConfigureAwait(false);
            return (rows[0], null);
        }
        catch (PostgresException e) when (!Failures.LostConnection.Is(e) && !Locking.PatientLook.IsLockNotGiven(e))
        {
            return (default, e.MessageText);
        }
        finally
        {
            await session.RollbackAsync().ConfigureAwait(false);
        }
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Plain(string name) => name.Replace("\"", "", StringComparison.Ordinal);
}
