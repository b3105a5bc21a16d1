using System.Data.Common;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore.Diagnostics;
using MigrationSafety.Execution;
using MigrationSafety.Failures;
using MigrationSafety.Statements;
using Npgsql;

namespace Db.Tracing.Observing;

/// <summary>
/// Watches the statements of a migration while the rails run it: their transactions, retries and steps outside of transactions are the
/// real ones. Each statement of a command runs by itself, on the same session, with a look at the catalogs, the locks and the counters
/// before and after it.
/// </summary>
/// <param name="original">The database before the migration was applied: what existed then is in somebody's use.</param>
/// <param name="start">The database before this way of it.</param>
/// <param name="rows">How many rows each table holds, by name; no entry where none could be made.</param>
/// <param name="isOwn">The names of tables that are EF Core's and the rails' own.</param>
/// <param name="historyTable">EF Core's history table.</param>
/// <param name="connectionString">For the sessions that stand for the application.</param>
internal sealed partial class StatementObserver(
    DatabaseState original,
    DatabaseState start,
    IReadOnlyDictionary<string, long> rows,
    Func<string, bool> isOwn,
    string historyTable,
    string connectionString
) : DbCommandInterceptor, IDbTransactionInterceptor
{
    private readonly List<ObservedStatement> _statements = [];
    private readonly List<ObservedStatement> _open = [];
    private DatabaseState? _last;
    private int _transactions;
    private int _numbers;

    /// <summary>The statements of all transactions that were committed.</summary>
    public IReadOnlyList<ObservedStatement> Statements => _statements;

    /// <summary>The statement that failed, or null.</summary>
    public string? Failed { get; private set; }

    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<int> result,
        CancellationToken cancellationToken = default
    )
    {
        if (
            eventData.CommandSource != CommandSource.Migrations
            || command is not NpgsqlCommand { Connection: { } connection }
            || (command.Parameters.Count > 0 && !AtomicBody.Is(command.CommandText))
            || IsHistory(command.CommandText)
        )
        {
            return result;
        }

        var inTransaction = eventData.Context?.Database.CurrentTransaction is not null;
        if (!inTransaction)
        {
            await ObserveAsync(
                connection,
                command.CommandText.Trim(),
                false,
                command.CommandTimeout,
                cancellationToken
            );
            return InterceptionResult<int>.SuppressWithResult(-1);
        }

        foreach (var statement in SqlScanner.Split(command.CommandText))
        {
            await ObserveAsync(connection, statement.Text, true, command.CommandTimeout, cancellationToken);
        }

        return InterceptionResult<int>.SuppressWithResult(-1);
    }

    public ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        InterceptionResult result,
        CancellationToken cancellationToken = default
    )
    {
        // What looking costs is not the migration's: only the statements themselves count.
        for (var i = 0; i < _open.Count; i++)
        {
            _open[i].HeldMilliseconds = _open.Skip(i + 1).Sum(later => later.Milliseconds);
            _open[i].HeldStatements = _open.Count - 1 - i;
            _statements.Add(_open[i]);
        }

        _transactions += _open.Count > 0 ? 1 : 0;
        _open.Clear();
        _last = null;
        return ValueTask.FromResult(result);
    }

    public Task TransactionRolledBackAsync(
        DbTransaction transaction,
        TransactionEndEventData eventData,
        CancellationToken cancellationToken = default
    )
    {
        // The rails run the transaction again as a whole, or the failure is reported.
        _numbers -= _open.Count;
        _open.Clear();
        _last = null;
        return Task.CompletedTask;
    }

    private bool IsHistory(string sql) =>
        SqlScanner.Split(sql) is [{ Tokens: ["INSERT", "INTO", ..] or ["DELETE", "FROM", ..] } statement]
        && statement.Tokens.Any(token =>
            token == $"\"{historyTable}\"" || token.Equals(historyTable, StringComparison.OrdinalIgnoreCase)
        );

    private async Task ObserveAsync(
        NpgsqlConnection connection,
        string sql,
        bool inTransaction,
        int timeout,
        CancellationToken ct
    )
    {
        // Nobody else works here, so between two statements of a transaction nothing changes.
        var before = (inTransaction ? _last : null) ?? await DatabaseState.ReadAsync(connection, ct);
        var messages = new List<string>();
        void OnNotice(object sender, NpgsqlNoticeEventArgs e) => messages.Add(e.Notice.MessageText);
        connection.Notice += OnNotice;
        var clock = Stopwatch.StartNew();
        IReadOnlyDictionary<uint, IReadOnlyList<LockMode>> watched = new Dictionary<uint, IReadOnlyList<LockMode>>();
        try
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = timeout };
            AtomicBodyInterceptor.SendWhole(command);
            if (inTransaction)
            {
                await command.ExecuteNonQueryAsync(ct);
            }
            else
            {
                watched = await new LoneStatement(connectionString).RunAsync(command, Tables(before), ct);
            }

            clock.Stop();
            Failed = null;
        }
        catch
        {
            Failed = Secrets.Masked(sql);
            throw;
        }
        finally
        {
            connection.Notice -= OnNotice;
        }

        var after = await DatabaseState.ReadAsync(connection, ct);
        var statement = await CompareAsync(
            connection,
            sql,
            inTransaction,
            clock.Elapsed.TotalMilliseconds,
            before,
            inTransaction ? after : after with { Locks = watched },
            messages,
            ct
        );
        if (inTransaction)
        {
            _open.Add(statement);
            _last = after;
        }
        else
        {
            _transactions++;
            _statements.Add(statement);
        }
    }

    private IEnumerable<RelationState> Tables(DatabaseState now) =>
        now.Relations.Values.Where(r => r.Kind is 'r' or 'p' && Existed(r.Oid));

    private bool Existed(uint oid) =>
        original.Relations.ContainsKey(oid)
        && start.Relations.TryGetValue(oid, out var relation)
        && !isOwn(relation.Name);

    private async Task<ObservedStatement> CompareAsync(
        NpgsqlConnection connection,
        string sql,
        bool inTransaction,
        double milliseconds,
        DatabaseState before,
        DatabaseState after,
        IReadOnlyList<string> messages,
        CancellationToken ct
    )
    {
        var rewritten = new List<ObservedTable>();
        var scanned = new List<ObservedScan>();
        var changed = new List<ObservedChange>();
        foreach (var was in before.Relations.Values.Where(r => r.HoldsRows && Existed(r.Oid)))
        {
            if (!after.Relations.TryGetValue(was.Oid, out var now))
            {
                continue;
            }

            var held = Rows(was);
            var isTruncated = false;
            if (now.FileNode != was.FileNode)
            {
                isTruncated =
                    was.Kind == 'r'
                    && !messages.Contains($"rewriting table \"{was.Name}\"")
                    && await IsEmptyAsync(connection, now, ct);
                if (!isTruncated)
                {
                    rewritten.Add(new ObservedTable(now.FullName, held));
                }
            }

            if (now.Scans > was.Scans)
            {
                var read = Math.Max(0, now.Read - was.Read);
                scanned.Add(
                    new ObservedScan(now.FullName, now.Scans - was.Scans, read, held > 0 ? read * 2 >= held : true)
                );
            }

            var change = new ObservedChange(
                now.FullName,
                Math.Max(0, now.Inserted - was.Inserted),
                Math.Max(0, now.Updated - was.Updated),
                isTruncated ? Math.Max(held, 0) : Math.Max(0, now.Deleted - was.Deleted),
                held,
                isTruncated
            );
            if (isTruncated || change.Inserted + change.Updated + change.Deleted > 0)
            {
                changed.Add(change);
            }
        }

        return new ObservedStatement(
            ++_numbers,
            Secrets.Masked(sql),
            _transactions + 1,
            inTransaction,
            milliseconds,
            [
                .. Locks(after)
                    .Where(l =>
                        !inTransaction || !before.Locks.TryGetValue(l.Oid, out var had) || had.Max() < l.Lock.Mode
                    )
                    .Select(l => l.Lock),
            ],
            [.. Locks(after).Select(l => l.Lock)],
            rewritten,
            scanned,
            [.. BuiltIndexes(messages, after)],
            changed,
            [.. Dropped(before, after)],
            [.. Marked(before, after)]
        );
    }

    // The relations may be gone: their names are those from before the migration.
    private IEnumerable<(uint Oid, ObservedLock Lock)> Locks(DatabaseState state) =>
        from pair in state.Locks
        where
            start.Relations.TryGetValue(pair.Key, out var was)
            && was.Kind is 'r' or 'p' or 'm' or 'v'
            && Existed(pair.Key)
        let mode = pair.Value.Max()
        orderby mode descending, start.Relations[pair.Key].FullName
        select (pair.Key, new ObservedLock(start.Relations[pair.Key].FullName, mode, mode.Waits()));

    private long Rows(RelationState table) =>
        rows.TryGetValue(start.Relations[table.Oid].FullName, out var held) ? held : -1;

    private IEnumerable<ObservedIndex> BuiltIndexes(IReadOnlyList<string> messages, DatabaseState after)
    {
        foreach (var match in messages.Select(m => BuildingIndex().Match(m)).Where(m => m.Success))
        {
            var (index, table) = (match.Groups["index"].Value, match.Groups["table"].Value);
            if (
                after.Relations.Values.FirstOrDefault(r =>
                    r.Name == table
                    && Existed(r.Oid)
                    && (
                        after.Relations.Values.Any(i => i.Name == index && i.Table == r.Oid)
                        // REINDEX CONCURRENTLY builds under another name first.
                        || index.Contains("_ccnew", StringComparison.Ordinal)
                    )
                ) is
                { } found
            )
            {
                yield return new ObservedIndex(index, found.FullName);
            }
        }
    }

    private IEnumerable<ObservedObject> Dropped(DatabaseState before, DatabaseState after)
    {
        var gone = before.Objects.Where(o => !after.Objects.ContainsKey(o.Key)).ToList();
        var goneTables = gone.Where(o => o.Value.Kind == "table").Select(o => o.Value.Table).ToHashSet();
        foreach (var (key, was) in gone)
        {
            var isOfGoneTable = was.Kind is not "table" && was.Table != 0 && goneTables.Contains(was.Table);
            var table = was.Table == 0 ? null : start.Relations.GetValueOrDefault(was.Table);
            if (isOfGoneTable || !start.Objects.ContainsKey(key) || (table is not null && isOwn(table.Name)))
            {
                continue;
            }

            yield return new ObservedObject(
                was.Kind,
                was.Name,
                table?.FullName ?? "",
                was.Kind is "table" or "column" && table is not null ? Rows(table) : 0,
                original.Objects.ContainsKey(key) ? "dropped" : ObservedObject.OfOwnUp
            );
        }
    }

    private IEnumerable<ObservedObject> Marked(DatabaseState before, DatabaseState after) =>
        from pair in after.Objects
        where pair.Value.Mark.Length > 0 && before.Objects.GetValueOrDefault(pair.Key)?.Mark != pair.Value.Mark
        where pair.Value.Table == 0 || Existed(pair.Value.Table)
        select new ObservedObject(
            pair.Value.Kind,
            pair.Value.Name,
            start.Relations.GetValueOrDefault(pair.Value.Table)?.FullName ?? "",
            0,
            pair.Value.Mark
        );

    private static async Task<bool> IsEmptyAsync(NpgsqlConnection connection, RelationState table, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"SELECT NOT EXISTS (SELECT FROM {table.Sql})", connection);
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    [GeneratedRegex("""^building index "(?<index>.+)" on table "(?<table>.+)" """)]
    private static partial Regex BuildingIndex();
}
