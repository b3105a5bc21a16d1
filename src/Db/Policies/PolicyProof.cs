using System.Diagnostics;
using Data.Access;
using Db.Commands;
using Db.Databases;
using Npgsql;

namespace Db.Policies;

/// <summary>
/// Tries every cell of the persona table on a live database: every persona, every table, every command, on rows that exist
/// in one transaction only, which is rolled back.
/// </summary>
/// <remarks>
/// No lock is waited for longer than <see cref="LockTimeout"/>: what is in the way is reported, not queued behind. Each table
/// has a transaction of its own, so that nothing is held for long.
/// </remarks>
internal sealed class PolicyProof(NpgsqlConnection connection)
{
    private const string LockTimeout = "100ms";

    private static readonly TimeSpan _statementTimeout = TimeSpan.FromSeconds(5);

    // A policy that is open lets the first row through. One that is closed may have the whole of a large table gone through.
    private static readonly TimeSpan _blindTimeout = TimeSpan.FromSeconds(1);

    private readonly CheckedColumns _checks = new();

    /// <summary>Tries every cell.</summary>
    /// <param name="progress">Told which table is being tried.</param>
    /// <param name="ct">Ends it; nothing is left behind.</param>
    /// <exception cref="CouldNotRunException">The session may not act as the personas, or cannot write.</exception>
    public async Task<PolicyReport> RunAsync(Action<string>? progress, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        await RefuseWhatCannotWorkAsync(ct);
        var tables = await ProbedTable.ReadAsync(connection, ct);
        var cells = new List<PolicyCell>();
        foreach (var access in AccessTable.Tables)
        {
            if (tables.TryGetValue(access.Table, out var table))
            {
                progress?.Invoke($"Trying every persona on {table.Name} …");
                var (tried, refusing) = await TryAsync(table, tables, ct);
                // Outside of the transaction: the search for values asks what PostgreSQL may refuse.
                while (
                    refusing is not null && await _checks.LearnAsync(connection, refusing.Name, refusing.Columns, ct)
                )
                {
                    (tried, refusing) = await TryAsync(table, tables, ct);
                }

                cells.AddRange(tried);
            }
            else
            {
                cells.Add(
                    new PolicyCell(
                        "everybody",
                        access.Table,
                        "any",
                        "a table",
                        "none",
                        PolicyCellState.Wrong,
                        "The table does not exist in schema public: are migrations pending? See: "
                            + ToolCommand.OnDatabase(["status"])
                    )
                );
            }
        }

        var count = cells.Count(c => c.State != PolicyCellState.NotTried);
        cells.AddRange(await PrivilegeCheck.FindAsync(connection, tables, ct));
        return new PolicyReport(count, watch.ElapsedMilliseconds, cells);
    }

    private async Task RefuseWhatCannotWorkAsync(CancellationToken ct)
    {
        await using (var replica = new NpgsqlCommand("SELECT pg_is_in_recovery()", connection))
        {
            if (await replica.ExecuteScalarAsync(ct) is true)
            {
                throw new CouldNotRunException(
                    "This server is a replica and takes no writes; the personas are tried on rows made for it. Connect to the primary."
                );
            }
        }

        await ActingAs.RequireAsync(
            connection,
            AccessTable.Personas.Select(p => PersonaOf(p, "nobody").Role).Distinct(),
            ct
        );
    }

    // With the table whose check constraint refused a row, where one did.
    private async Task<(IReadOnlyList<PolicyCell> Cells, ProbedTable? Refusing)> TryAsync(
        ProbedTable table,
        IReadOnlyDictionary<string, ProbedTable> tables,
        CancellationToken ct
    )
    {
        // Never committed: disposing of it rolls back, also after an interruption.
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(
            $"SET TRANSACTION READ WRITE; SET LOCAL lock_timeout = '{LockTimeout}'; SET LOCAL statement_timeout = '{_statementTimeout.TotalSeconds}s'; "
                + "SET LOCAL idle_in_transaction_session_timeout = '30s'; SET LOCAL row_security = on",
            ct
        );
        var rows = new ProbeRows(connection, tables, _checks);
        if (await CannotStartAsync(table, rows, ct) is { } reason)
        {
            return (NotTried(table, reason), null);
        }

        IReadOnlyList<ProbeRow> made;
        try
        {
            made = await rows.MakeAsync(table, ct);
            await ExecuteAsync("SAVEPOINT probe", ct);
        }
        catch (PostgresException e)
        {
            return (
                NotTried(table, WhyNoRows(table, e)),
                e is { SqlState: PostgresErrorCodes.CheckViolation, TableName: { } name }
                    ? tables.GetValueOrDefault(name)
                    : null
            );
        }

        var cells = new List<PolicyCell>();
        foreach (var persona in AccessTable.Personas)
        {
            foreach (var command in AccessTable.Commands)
            {
                cells.Add(await TryAsync(persona, table, command, rows, made, ct));
            }
        }

        return (cells, null);
    }

    private async Task<PolicyCell> TryAsync(
        string persona,
        ProbedTable table,
        string command,
        ProbeRows rows,
        IReadOnlyList<ProbeRow> made,
        CancellationToken ct
    )
    {
        var expected = AccessTable.Expected(persona, table.Name, command);
        var self = rows.People.GetValueOrDefault(persona, "");
        var who = PersonaOf(persona, self);
        var (found, attempt) =
            command == "insert"
                ? await InsertAsync(who, table, rows, ct)
                : await ReachAsync(who, table, command, made, ct);
        if (attempt.Failure is { } failure)
        {
            return Cell("?", PolicyCellState.NotTried, failure);
        }

        var text = Text(found, command == "insert" ? Inserted(table, rows) : made, self);
        if (text != AccessTable.Text(expected))
        {
            return Cell(text, PolicyCellState.Wrong, attempt.Refusal);
        }

        // Everybody's rows are theirs by right, or the command named its rows and may have missed what it cannot read.
        if (expected == RowAccess.All || Blind(table, command) is not { } blind)
        {
            return Cell(text, PolicyCellState.AsExpected, null);
        }

        var theirs = expected == RowAccess.Denied ? 0 : made.Count(r => r.Owner == self);
        var unread = await Attempt.RunAsync(connection, who, blind + Attempt.Counting(theirs), _blindTimeout, ct);
        return unread switch
        {
            { ReachedTooMuch: true } => Cell(
                "rows of others",
                PolicyCellState.Wrong,
                $"A statement without WHERE reaches rows that are not theirs, though they cannot read them: a policy for {command.ToUpperInvariant()} lets them through."
            ),
            { TimedOut: true } => Cell(
                text,
                PolicyCellState.AsExpected,
                $"No row of others was reached in the first {_blindTimeout.TotalSeconds:0} s of going through the table."
            ),
            { Failure: { } why } => Cell("?", PolicyCellState.NotTried, why),
            _ => Cell(text, PolicyCellState.AsExpected, null),
        };

        PolicyCell Cell(string what, PolicyCellState state, string? detail) =>
            new(persona, table.Name, command, AccessTable.Text(expected), what, state, detail);
    }

    private async Task<(List<ProbeRow> Found, Attempt Last)> ReachAsync(
        Persona who,
        ProbedTable table,
        string command,
        IReadOnlyList<ProbeRow> made,
        CancellationToken ct
    )
    {
        var keys = string.Join(", ", made.Select(r => $"'{r.Key}'"));
        var where = $"WHERE {table.Key.Sql} = ANY (ARRAY[{keys}]::{table.Key.Type}[])";
        var sql = command switch
        {
            "select" => $"SELECT {table.Key.Sql}::text FROM {table.Sql} {where}",
            "update" when table.ToUpdate is { } column =>
                $"UPDATE {table.Sql} SET {column.Sql} = DEFAULT {where} RETURNING {table.Key.Sql}::text",
            "delete" => $"DELETE FROM {table.Sql} {where} RETURNING {table.Key.Sql}::text",
            _ => null,
        };
        if (sql is null)
        {
            return ([], new Attempt(null, Failure: "no column of it can be set to its default"));
        }

        var attempt = await Attempt.RunAsync(connection, who, sql, _statementTimeout, ct);
        return ([.. made.Where(r => attempt.Keys?.Contains(r.Key) == true)], attempt);
    }

    private async Task<(List<ProbeRow> Found, Attempt Last)> InsertAsync(
        Persona who,
        ProbedTable table,
        ProbeRows rows,
        CancellationToken ct
    )
    {
        var found = new List<ProbeRow>();
        Attempt? last = null;
        foreach (var row in Inserted(table, rows))
        {
            var attempt = await Attempt.RunAsync(connection, who, rows.Insert(table, row.Owner), _statementTimeout, ct);
            if (attempt.Keys is not null)
            {
                found.Add(row);
            }

            last = last?.Failure is null ? attempt : last;
        }

        return (found, last!);
    }

    // One for each person, or one where rows are nobody's. A new user is nobody's as well.
    private static IReadOnlyList<ProbeRow> Inserted(ProbedTable table, ProbeRows rows) =>
        table.Access.OwnerColumn is null
            ? [new ProbeRow("", "", false)]
            : [.. rows.People.Values.Select(id => new ProbeRow(id, id, false))];

    private static string? Blind(ProbedTable table, string command) =>
        command switch
        {
            "update" when table.ToUpdate is { } column => $"UPDATE {table.Sql} SET {column.Sql} = DEFAULT WHERE ",
            "delete" => $"DELETE FROM {table.Sql} WHERE ",
            _ => null,
        };

    private static string Text(List<ProbeRow> found, IReadOnlyList<ProbeRow> all, string self)
    {
        bool Is(Func<ProbeRow, bool> wanted) => found.ToHashSet().SetEquals(all.Where(wanted));

        return found.Count == 0 ? AccessTable.Text(RowAccess.Denied)
            : Is(_ => true) ? AccessTable.Text(RowAccess.All)
            : Is(r => r.Owner == self) ? AccessTable.Text(RowAccess.Own)
            : Is(r => r.IsPublic) ? AccessTable.Text(RowAccess.Public)
            : Is(r => r.IsPublic || r.Owner == self) ? AccessTable.Text(RowAccess.OwnAndPublic)
            : $"{found.Count(r => r.Owner == self)} of their own and {found.Count(r => r.Owner != self)} of others' rows";
    }

    // Everything that will be written to is locked first and at once, or not at all: nothing queues behind a change of schema.
    private async Task<string?> CannotStartAsync(ProbedTable table, ProbeRows rows, CancellationToken ct)
    {
        var needed = rows.NeededBy(table).SelectMany(t => rows.NeededBy(t).Append(t)).Append(table).Select(t => t.Sql);
        foreach (var name in needed.Concat(table.DependentTables).Distinct())
        {
            await ExecuteAsync("SAVEPOINT locking", ct);
            try
            {
                await ExecuteAsync($"LOCK TABLE {name} IN ROW EXCLUSIVE MODE NOWAIT", ct);
                await ExecuteAsync("RELEASE SAVEPOINT locking", ct);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                await ExecuteAsync("ROLLBACK TO SAVEPOINT locking", ct);
                return $"{name} is locked by {await HolderAsync(name, ct)}. Nothing waited for it; try again when it is done.";
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                await ExecuteAsync("ROLLBACK TO SAVEPOINT locking", ct);
                return $"{e.MessageText}: the rows to try on are made by the owner of the tables. Connect as the owner.";
            }
        }

        return null;
    }

    private async Task<string> HolderAsync(string table, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT format('session %s (%s%s, %s)', l.pid, coalesce(a.usename, 'a role that you may not see'),
                CASE WHEN coalesce(a.application_name, '') <> '' THEN ', ' || a.application_name ELSE '' END,
                l.mode || coalesce(', its transaction ' || extract(epoch FROM now() - a.xact_start)::int || ' s old', ''))
            FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.relation = $1::regclass AND l.granted AND l.pid <> pg_backend_pid()
                AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
            LIMIT 1
            """,
            connection
        )
        {
            Parameters = { new() { Value = table } },
        };
        return await command.ExecuteScalarAsync(ct) as string ?? "a session that is gone by now";
    }

    private static string WhyNoRows(ProbedTable table, PostgresException e) =>
        e.SqlState switch
        {
            PostgresErrorCodes.LockNotAvailable =>
                "another session holds a lock that its rows need. Nothing waited for it; try again.",
            PostgresErrorCodes.InsufficientPrivilege =>
                $"{e.MessageText}: the rows to try on are made by the owner of the tables. Connect as the owner.",
            _ => $"no row could be made to try on in {e.TableName ?? table.Name}: {e.MessageText} ({e.SqlState})",
        };

    private static List<PolicyCell> NotTried(ProbedTable table, string reason) =>
        [
            .. AccessTable.Personas.SelectMany(persona =>
                AccessTable.Commands.Select(command => new PolicyCell(
                    persona,
                    table.Name,
                    command,
                    AccessTable.Text(AccessTable.Expected(persona, table.Name, command)),
                    "?",
                    PolicyCellState.NotTried,
                    reason
                ))
            ),
        ];

    private static Persona PersonaOf(string persona, string userId) =>
        persona switch
        {
            AccessTable.Anonymous => Persona.Anonymous,
            AccessTable.Service => Persona.Service,
            _ => Persona.User(userId),
        };

    private async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}
