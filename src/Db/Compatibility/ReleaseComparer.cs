using System.Text.RegularExpressions;
using Db.Tracing;
using Db.Tracing.Rows;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Db.Compatibility;

/// <summary>
/// Runs a release's model against its own schema and against another one: reads, inserts, updates and deletes of every entity. What works
/// on its own and fails on the other is what that release would run into.
/// </summary>
internal sealed partial class ReleaseComparer(ContextFactory factory, TraceOptions options, RowMaker maker)
{
    private readonly List<ReleaseBreak> _breaks = [];
    private readonly List<UntriedTable> _untried = [];
    private int _tried;

    /// <summary>Compares.</summary>
    /// <param name="migrationId">The migration whose target model it is.</param>
    /// <param name="works">Connection string of a database with the model's own schema, filled by this comparer's maker.</param>
    /// <param name="tried">Connection string of a database with the other schema and the same rows.</param>
    /// <param name="ct">Ends the comparison.</param>
    public async Task<ReleaseComparison> CompareAsync(
        string migrationId,
        string works,
        string tried,
        CancellationToken ct
    )
    {
        await using var worksContext = Context(works);
        await using var triedContext = Context(tried);
        var own = await OpenAsync(worksContext, ct);
        var other = await OpenAsync(triedContext, ct);
        var role = options.Role is { } wanted && await ExistsAsync(own, wanted, ct) ? wanted : null;
        foreach (var table in ReleaseModel.Of(worksContext, migrationId))
        {
            await CompareAsync(table, own, other, role, ct);
        }

        return new ReleaseComparison(migrationId, role, _tried, _breaks, _untried);
    }

    private DbContext Context(string connectionString) =>
        factory(
            new NpgsqlConnectionStringBuilder(connectionString)
            {
                Pooling = false,
                IncludeErrorDetail = true,
            }.ConnectionString,
            _ => { }
        );

    private static async Task<NpgsqlConnection> OpenAsync(DbContext context, CancellationToken ct)
    {
        await context.Database.OpenConnectionAsync(ct);
        var connection = (NpgsqlConnection)context.Database.GetDbConnection();
        await connection.ReloadTypesAsync(ct);
        return connection;
    }

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection, string role, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)",
            connection
        )
        {
            Parameters = { new() { Value = role } },
        };
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    private async Task CompareAsync(
        ModelTable table,
        NpgsqlConnection own,
        NpgsqlConnection other,
        string? role,
        CancellationToken ct
    )
    {
        var probes = await ProbesAsync(table, own, ct);
        var key = await KeyAsync(table, own, ct);
        await using var ownWork = await own.BeginTransactionAsync(ct);
        await using var otherWork = await other.BeginTransactionAsync(ct);
        var comparison = new TableComparison(table, new ReleaseSession(own), new ReleaseSession(other), ct);
        if (role is not null)
        {
            foreach (var session in new[] { own, other })
            {
                await new ReleaseSession(session).ExecuteAsync($"SET LOCAL ROLE {TableShape.Quoted(role)}", ct);
            }
        }

        await comparison.ReadAsync();
        if (!table.IsView && !comparison.IsTableMissing)
        {
            if (key is not null && probes.Count > 0)
            {
                await comparison.UpdateAsync(key, probes[0]);
                await comparison.WriteNullsAsync(key);
                await comparison.WriteOtherValuesAsync(
                    key,
                    maker.Tables.FirstOrDefault(t => t.Schema == table.Schema && t.Name == table.Name)
                );
            }

            if (probes.Count > 0)
            {
                await comparison.InsertAndDeleteAsync(probes[0]);
            }

            if (probes.Count > 1)
            {
                await comparison.InsertTwinAsync(
                    probes,
                    maker.Tables.FirstOrDefault(t => t.Schema == table.Schema && t.Name == table.Name)
                );
            }
        }

        _tried += comparison.Tried;
        _breaks.AddRange(comparison.Breaks);
    }

    // Rows that the schema accepts, as the model sees them; made, read and taken back.
    private async Task<IReadOnlyList<IReadOnlyList<ColumnValue>>> ProbesAsync(
        ModelTable table,
        NpgsqlConnection own,
        CancellationToken ct
    )
    {
        if (table.IsView)
        {
            return [];
        }

        await using var transaction = await own.BeginTransactionAsync(ct);
        try
        {
            var made = 0;
            for (var i = 1; i <= 2; i++)
            {
                made += await maker.AddAsync(own, table.Schema, table.Name, options.Rows + i, ct) ? 1 : 0;
            }

            if (made == 0)
            {
                _untried.Add(
                    new UntriedTable($"{table.Schema}.{table.Name}", "no row could be made for it, so it was only read")
                );
                return [];
            }

            var rows = await new ReleaseSession(own).ReadAsync(
                table,
                table.Columns,
                "WHERE xmin = pg_current_xact_id()::xid",
                ct
            );
            return [.. rows.Select(row => table.Columns.Select((c, i) => new ColumnValue(c, row[i])).ToList())];
        }
        catch (Exception e) when (e is PostgresException or InvalidCastException)
        {
            _untried.Add(new UntriedTable($"{table.Schema}.{table.Name}", e.Message));
            return [];
        }
    }

    private static async Task<object?[]?> KeyAsync(ModelTable table, NpgsqlConnection own, CancellationToken ct)
    {
        if (table.Key.Count == 0)
        {
            return null;
        }

        await using var transaction = await own.BeginTransactionAsync(ct);
        try
        {
            var keys = table.Key.Select(k => table.Columns.First(c => c.Name == k)).ToList();
            var rows = await new ReleaseSession(own).ReadAsync(table, keys, null, ct);
            return rows.Count == 0 ? null : rows[0];
        }
        catch (PostgresException)
        {
            return null;
        }
    }

    /// <summary>One table of the model, on both schemas.</summary>
    private sealed class TableComparison(
        ModelTable table,
        ReleaseSession own,
        ReleaseSession other,
        CancellationToken ct
    )
    {
        private readonly HashSet<string> _broken = [];

        // May not be written any more; other columns of an INSERT or UPDATE are not to blame.
        private readonly HashSet<string> _denied = [];

        public List<ReleaseBreak> Breaks { get; } = [];

        public int Tried { get; private set; }

        public bool IsTableMissing { get; private set; }

        private static readonly HashSet<string> _none = [];

        public async Task ReadAsync()
        {
            foreach (var column in table.Columns)
            {
                var error = await DifferenceAsync(s => s.ReadAsync(table, [column], null, ct));
                if (
                    error is PostgresException
                    {
                        SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName
                    }
                )
                {
                    IsTableMissing = true;
                    Breaks.Add(Break(null, ["read", "insert", "update", "delete"], error, null));
                    return;
                }

                if (error is not null)
                {
                    Add(column, "read", error);
                }
            }
        }

        public async Task UpdateAsync(object?[] key, IReadOnlyList<ColumnValue> probe)
        {
            foreach (var value in probe.Where(v => v.Column.IsUpdated))
            {
                if (await DifferenceAsync(s => s.UpdateAsync(table, key, value, ct)) is { } error)
                {
                    Add(value.Column, "update", error);
                }
            }
        }

        public async Task WriteNullsAsync(object?[] key)
        {
            foreach (
                var column in table.Columns.Where(c =>
                    c is { IsUpdated: true, IsNullable: true } && !_broken.Contains(c.Name) && !_denied.Contains(c.Name)
                )
            )
            {
                if (
                    await DifferenceAsync(s => s.UpdateAsync(table, key, new ColumnValue(column, null), ct)) is
                    { } error
                )
                {
                    // The model says that it may be null, so this release writes it.
                    Breaks.Add(
                        Break(column, ["insert", "update"], error, "null is written, which the release's model allows")
                    );
                }
            }
        }

        public async Task WriteOtherValuesAsync(object?[] key, TableShape? shape)
        {
            if (shape is null)
            {
                return;
            }

            var foreign = shape.ForeignKeys.SelectMany(k => k.Columns).ToHashSet();
            foreach (
                var column in table.Columns.Where(c =>
                    c.IsUpdated && !_broken.Contains(c.Name) && !_denied.Contains(c.Name) && !foreign.Contains(c.Name)
                )
            )
            {
                if (shape.Columns.FirstOrDefault(c => c.Name == column.Name) is not { } known)
                {
                    continue;
                }

                foreach (var literal in OtherValues.Of(known.Type))
                {
                    if (await DifferenceAsync(s => s.UpdateAsync(table, key, column.Name, literal, ct)) is { } error)
                    {
                        Breaks.Add(
                            Break(column, ["insert", "update"], error, $"the value is like {Shortened(literal)}")
                        );
                        break;
                    }
                }
            }
        }

        public async Task InsertAndDeleteAsync(IReadOnlyList<ColumnValue> probe)
        {
            var full = probe.Where(v => v.Column.IsInserted).ToList();
            var broken = false;
            if (await DifferenceAsync(s => s.InsertAsync(table, full, _none, ct)) is { } error)
            {
                broken = true;
                AddToAll("insert", error);
            }

            // Without what is known to be broken: what else is there?
            if (
                broken
                && _broken.Count > 0
                && await DifferenceAsync(
                    own => own.InsertAsync(table, full, _none, ct),
                    o => o.InsertAsync(table, full, _broken, ct)
                )
                    is { } more
            )
            {
                AddToAll("insert", more, isNew: true);
            }

            var least = full.Where(v => !v.Column.MayBeLeftOut).ToList();
            if (
                least.Count < full.Count
                && await DifferenceAsync(
                    s => s.InsertAsync(table, least, _none, ct),
                    o => o.InsertAsync(table, least, _broken, ct)
                )
                    is { } left
            )
            {
                AddToAll("insert", left, isNew: true, when: broken ? null : "the column is left to its default");
            }

            if (
                !broken
                && table.Key.Count > 0
                && await DifferenceAsync(async s =>
                    await s.DeleteAsync(table, await s.InsertAsync(table, full, _none, ct), ct)
                )
                    is { } deleting
            )
            {
                AddToAll("delete", deleting);
            }
        }

        // A second row that differs only where its own schema wants rows to differ.
        public async Task InsertTwinAsync(IReadOnlyList<IReadOnlyList<ColumnValue>> probes, TableShape? shape)
        {
            if (shape is null || _broken.Count > 0)
            {
                return;
            }

            var distinct = shape.UniqueKeys.SelectMany(k => k).Concat(table.Key).ToHashSet();
            var first = probes[0].Where(v => v.Column.IsInserted).ToList();
            // PostgreSQL names one constraint at a time: what is named is made to differ, too, until it has nothing left to say.
            for (var more = true; more; )
            {
                more = false;
                var twin = probes[0]
                    .Select((v, i) => distinct.Contains(v.Column.Name) ? probes[1][i] : v)
                    .Where(v => v.Column.IsInserted)
                    .ToList();
                var error = await DifferenceAsync(async s =>
                {
                    await s.InsertAsync(table, first, _none, ct);
                    await s.InsertAsync(table, twin, _none, ct);
                });
                if (
                    error is PostgresException
                    {
                        SqlState: PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.ExclusionViolation
                    } e
                )
                {
                    more = AddTwin(e, distinct);
                }
            }
        }

        private bool AddTwin(PostgresException error, HashSet<string> distinct)
        {
            var columns = KeyOfDetail().Match(error.Detail ?? "") is { Success: true } match
                ? match.Groups[1].Value.Replace("\"", "", StringComparison.Ordinal)
                : null;
            var column = table.Columns.FirstOrDefault(c => c.Name == columns);
            Breaks.Add(
                Break(column, ["insert", "update"], error, $"two rows have the same {columns ?? "values"}") with
                {
                    Column = columns,
                }
            );
            var before = distinct.Count;
            distinct.UnionWith(
                table
                    .Columns.Select(c => c.Name)
                    .Where(name => columns?.Contains(name, StringComparison.Ordinal) == true)
            );
            return distinct.Count > before;
        }

        // Fails on the other schema, though it works on its own.
        private Task<Exception?> DifferenceAsync(Func<ReleaseSession, Task> action) => DifferenceAsync(action, action);

        private async Task<Exception?> DifferenceAsync(
            Func<ReleaseSession, Task> action,
            Func<ReleaseSession, Task> onOther
        )
        {
            if (await own.TryAsync(action, ct) is not null)
            {
                return null;
            }

            Tried++;
            return await other.TryAsync(onOther, ct);
        }

        private void Add(ModelColumn column, string operation, Exception error)
        {
            if (error is PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } denied)
            {
                _denied.Add(column.Name);
                AddOnce(operation, denied);
                return;
            }

            _broken.Add(column.Name);
            var at = Breaks.FindIndex(b => b.Column == column.Name && b.When is null);
            if (at < 0)
            {
                Breaks.Add(Break(column, [operation], error, null));
            }
            else if (!Breaks[at].Operations.Contains(operation))
            {
                Breaks[at] = Breaks[at] with { Operations = [.. Breaks[at].Operations, operation] };
            }
        }

        private void AddOnce(string operation, PostgresException error)
        {
            var at = Breaks.FindIndex(b => b.Column is null && b.Error == error.MessageText);
            if (at < 0)
            {
                Breaks.Add(Break(null, [operation], error, null));
            }
            else if (!Breaks[at].Operations.Contains(operation))
            {
                Breaks[at] = Breaks[at] with { Operations = [.. Breaks[at].Operations, operation] };
            }
        }

        private void AddToAll(string operation, Exception error, bool isNew = false, string? when = null)
        {
            if (error is PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } denied)
            {
                AddOnce(operation, denied);
                return;
            }

            var named = (error as PostgresException)?.ColumnName;
            if (named is { Length: > 0 } && !_broken.Contains(named))
            {
                if (!Breaks.Exists(b => b.Column == named && b.SqlState == (error as PostgresException)?.SqlState))
                {
                    var column = table.Columns.FirstOrDefault(c => c.Name == named);
                    Breaks.Add(Break(column, [operation], error, column is null ? null : when) with { Column = named });
                }

                return;
            }

            if (_broken.Count > 0)
            {
                if (!isNew)
                {
                    // A column that can still be updated can be inserted as well: only reading it failed.
                    foreach (
                        var column in table.Columns.Where(c =>
                            _broken.Contains(c.Name)
                            && (
                                !c.IsUpdated
                                || Breaks.Exists(b => b.Column == c.Name && b.Operations.Contains("update"))
                            )
                        )
                    )
                    {
                        Add(column, operation, error);
                    }
                }

                return;
            }

            var found = Break(null, [operation], error, when);
            if (!Breaks.Exists(b => b.Error == found.Error))
            {
                Breaks.Add(found);
            }
        }

        private ReleaseBreak Break(
            ModelColumn? column,
            IReadOnlyList<string> operations,
            Exception error,
            string? when
        ) =>
            new(
                column?.Property.Split('.')[0] ?? table.Entity,
                column?.Property,
                $"{table.Schema}.{table.Name}",
                column?.Name,
                operations,
                (error as PostgresException)?.SqlState,
                (error as PostgresException)?.MessageText ?? error.Message,
                when
            );

        private static string Shortened(string literal) =>
            literal.Length > 40 ? $"{literal[..20]}… ({literal.Length - 2} characters)" : literal;
    }

    [GeneratedRegex("""^Key \((.+?)\)=""")]
    private static partial Regex KeyOfDetail();
}
