using System.Globalization;
using MigrationSafety.Execution;
using MigrationSafety.Statements.Syntax;
using Npgsql;

namespace MigrationSafety.Rollback;

/// <summary>Counts on the live database what reverting would take away.</summary>
internal static class LossCount
{
    /// <summary>One line for each loss that is one; what is empty, or not there where it need not be, is none.</summary>
    public static async ValueTask<IReadOnlyList<(string Line, bool IsCertain)>> ReadAsync(
        Session session,
        IReadOnlyList<PossibleLoss> losses
    )
    {
        var lines = new List<(string Line, bool IsCertain)>();
        var goneTables = new HashSet<string>(StringComparer.Ordinal);
        foreach (var loss in losses.OfType<TableLoss>())
        {
            var table = await NameAsync(session, loss.Table).ConfigureAwait(false);
            if (table is null)
            {
                if (!loss.Table.MayBeMissing)
                {
                    lines.Add((NotThere(loss.Table.Written, loss.Migration), false));
                }
            }
            else if (goneTables.Add(table) && await RowsAsync(session, table).ConfigureAwait(false) is { } text)
            {
                lines.Add(($"{table}: {text} ({loss.Migration} drops the table)", true));
            }
        }

        foreach (var loss in losses.Where(loss => loss is not TableLoss))
        {
            var line = loss switch
            {
                ColumnLoss column => await ColumnAsync(
                        session,
                        column.Column,
                        loss.Migration,
                        goneTables,
                        found => ValuesAsync(session, column, found)
                    )
                    .ConfigureAwait(false),
                ConversionLoss conversion => await ColumnAsync(
                        session,
                        conversion.Column,
                        loss.Migration,
                        goneTables,
                        found => ConvertedAsync(session, conversion, found)
                    )
                    .ConfigureAwait(false),
                RowsLoss rows => await HitAsync(session, rows, goneTables).ConfigureAwait(false),
                CallLoss call when !await MayDeleteAsync(session, call.Functions).ConfigureAwait(false) => null,
                CallLoss call => CannotBeTold(call.What, loss.Migration),
                UnknownLoss unknown => CannotBeTold(unknown.What, loss.Migration),
                _ => null,
            };
            if (line is not null)
            {
                lines.Add((line, loss is ColumnLoss));
            }
        }

        return lines;
    }

    private static string CannotBeTold(string what, string migration) =>
        $"{what} ({migration}: what it takes away cannot be told before)";

    private static string NotThere(string name, string migration) =>
        CannotBeTold($"{name} is not there now", migration);

    /// <summary>The table's name in the database, or null where it is not there.</summary>
    private static async ValueTask<string?> NameAsync(Session session, LiveTable table) =>
        await IsThereAsync(session, table.Live).ConfigureAwait(false) ? table.Live
        : table.Written != table.Live && await IsThereAsync(session, table.Written).ConfigureAwait(false)
            ? table.Written
        : null;

    private static ValueTask<bool> IsThereAsync(Session session, string table) =>
        session.ScalarAsync<bool>("SELECT to_regclass($1) IS NOT NULL", table)!;

    private static async ValueTask<string?> HitAsync(Session session, RowsLoss loss, HashSet<string> goneTables)
    {
        var table = await NameAsync(session, loss.Table).ConfigureAwait(false);
        if (table is null)
        {
            return loss.Table.MayBeMissing ? null : NotThere(loss.Table.Written, loss.Migration);
        }

        return !goneTables.Contains(table) && await RowsAsync(session, table).ConfigureAwait(false) is { } text
            ? $"{table}: {text}, of which any may be hit ({loss.Migration}: {loss.Verb})"
            : null;
    }

    private static async ValueTask<string?> RowsAsync(Session session, string table)
    {
        var (rows, problem) = await CountAsync(session, $"SELECT count(*), count(*) FROM {table}")
            .ConfigureAwait(false);
        return problem is not null ? $"rows could not be counted ({problem})"
            : rows.All == 0 ? null
            : $"{Number(rows.All)} {(rows.All == 1 ? "row" : "rows")}";
    }

    /// <summary>A column as it is in the database now.</summary>
    /// <param name="Table">Its table, as in SQL.</param>
    /// <param name="Name">Its name, without quotes.</param>
    /// <param name="Type">Its type, as in SQL.</param>
    /// <param name="Default">Its default, or null.</param>
    private sealed record Found(string Table, string Name, string Type, string? Default)
    {
        public string Sql => ObjectName.Quoted(Name);

        public override string ToString() => $"{Table}.{Sql}";
    }

    private static async ValueTask<string?> ColumnAsync(
        Session session,
        LiveColumn column,
        string migration,
        HashSet<string> goneTables,
        Func<Found, ValueTask<string?>> count
    )
    {
        var table = await NameAsync(session, column.Table).ConfigureAwait(false);
        if (table is null)
        {
            return column.Table.MayBeMissing ? null : NotThere(column.Table.Written, migration);
        }

        if (goneTables.Contains(table))
        {
            return null;
        }

        foreach (var name in column.Live == column.Written ? [column.Live] : new[] { column.Live, column.Written })
        {
            var found = await session
                .QueryAsync(
                    """
                    SELECT format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), a.attgenerated <> ''
                    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                    WHERE a.attrelid = to_regclass($1) AND a.attname = $2 AND NOT a.attisdropped
                    """,
                    r =>
                        (
                            Column: new Found(table, name, r.GetString(0), r.IsDBNull(1) ? null : r.GetString(1)),
                            IsGenerated: r.GetBoolean(2)
                        ),
                    table,
                    name
                )
                .ConfigureAwait(false);
            if (found.Count > 0)
            {
                // What is computed from other columns can be computed again.
                return found[0].IsGenerated ? null : await count(found[0].Column).ConfigureAwait(false);
            }
        }

        return column.MayBeMissing
            ? null
            : NotThere($"{column.Table.Written}.{ObjectName.Quoted(column.Written)}", migration);
    }

    private static async ValueTask<string?> ValuesAsync(Session session, ColumnLoss loss, Found column)
    {
        // The default comes back with the column; only what somebody wrote is lost.
        var written = column.Default is { Length: > 0 } expression
            ? $"{column.Sql} IS NOT NULL AND {column.Sql}::text IS DISTINCT FROM ({expression})::text"
            : $"{column.Sql} IS NOT NULL";
        var (rows, problem) = await CountAsync(
                session,
                $"SELECT count(*), count(*) FILTER (WHERE {written}) FROM {column.Table}"
            )
            .ConfigureAwait(false);
        var values =
            problem is not null ? $"values could not be counted ({problem})"
            : rows.Held == 0 ? null
            : $"{Number(rows.Held)} of {Number(rows.All)} rows hold a value";
        return values is null ? null : $"{column}: {values} ({loss.Migration} drops the column)";
    }

    // There and back again: what does not come back as it was is lost. As text, since not every type can be compared.
    private static async ValueTask<string?> ConvertedAsync(Session session, ConversionLoss loss, Found column)
    {
        if (loss.Using is null && loss.Type == column.Type)
        {
            return null;
        }

        var converted = $"({loss.Using ?? column.Sql})::{loss.Type}::{column.Type}::text";
        var (rows, problem) = await CountAsync(
                session,
                $"SELECT count(*), count(*) FILTER (WHERE {converted} IS DISTINCT FROM {column.Sql}::text) FROM {column.Table}"
            )
            .ConfigureAwait(false);
        var values =
            problem is not null ? $"whether its values stay could not be told ({problem})"
            : rows.Held == 0 ? null
            : $"{Number(rows.Held)} of {Number(rows.All)} rows hold a value that changes";
        return values is null ? null : $"{column}: {values} ({loss.Migration} makes it {loss.Type})";
    }

    // PostgreSQL's own functions delete nothing but large objects; of the application's, the text is searched.
    private static async ValueTask<bool> MayDeleteAsync(Session session, IReadOnlyList<string> functions) =>
        functions.Any(name =>
            name is "lo_unlink" or "lo_truncate" or "lo_truncate64" or "lowrite" or "dblink_exec" or "dblink"
        )
        || (
            await session
                .QueryAsync(
                    $"""
                    SELECT CASE WHEN l.lanname IN ('sql', 'plpgsql') THEN pg_get_functiondef(p.oid) ELSE '' END
                    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
                    WHERE p.proname = ANY ({TextArray.Of(functions.Count)}) AND p.prokind = 'f' AND p.provolatile = 'v'
                        AND p.pronamespace <> 'pg_catalog'::regnamespace
                        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
                    """,
                    r => r.GetString(0),
                    [.. functions]
                )
                .ConfigureAwait(false)
        ).Any(text => text.Length == 0 || LossesOfDown.MayBeIn(text));

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
}
