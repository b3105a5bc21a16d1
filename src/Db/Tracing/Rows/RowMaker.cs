using Npgsql;

namespace Db.Tracing.Rows;

/// <summary>
/// Fills the tables of a scratch database with rows that satisfy its constraints, the same ones every time. Triggers stay on.
/// </summary>
/// <remarks>Not for a database that anybody needs: it writes into every table that is empty.</remarks>
internal sealed class RowMaker(NpgsqlConnection connection, Func<string, bool> isExcluded, int rows)
{
    private readonly Dictionary<uint, Insert> _inserts = [];
    private IReadOnlyList<TableShape> _tables = [];

    /// <summary>How a row comes into a table: the statement with $1 and $2 for the first and the last row's number.</summary>
    private sealed record Insert(TableShape Table, string Sql);

    /// <summary>The tables as they were when they were filled.</summary>
    public IReadOnlyList<TableShape> Tables => _tables;

    /// <summary>Fills each table that holds no row.</summary>
    public async Task<IReadOnlyList<FilledTable>> FillAsync(CancellationToken ct)
    {
        _tables = await ShapeReader.ReadAsync(connection, isExcluded, ct);
        var results = new Dictionary<uint, FilledTable>();
        foreach (var table in InOrder(_tables))
        {
            results[table.Oid] = await FillAsync(table, await CountAsync(table, ct), ct);
        }

        foreach (var table in _tables)
        {
            await PointBackAsync(table, ct);
        }

        await ExecuteAsync("ANALYZE", ct);
        return [.. _tables.Select(t => results[t.Oid])];
    }

    /// <summary>
    /// Adds one more row in the transaction of another session; false where no rows could be made for the table.
    /// </summary>
    public async Task<bool> AddAsync(
        NpgsqlConnection session,
        string schema,
        string table,
        int number,
        CancellationToken ct
    ) =>
        _tables.FirstOrDefault(t => t.Schema == schema && t.Name == table) is { } shape
        && _inserts.TryGetValue(shape.Oid, out var insert)
        && await RunAsync(session, insert, number, number, ct) == 1;

    // Parents first. Where nullable keys make a circle, the table with the fewest unmet needs comes next.
    private static List<TableShape> InOrder(IReadOnlyList<TableShape> tables)
    {
        var left = tables.ToList();
        var done = new HashSet<uint>();
        var order = new List<TableShape>();
        while (left.Count > 0)
        {
            var next =
                left.Find(t => t.ForeignKeys.All(IsMet(t, needNullable: true)))
                ?? left.Find(t => t.ForeignKeys.All(IsMet(t, needNullable: false)))
                ?? left[0];
            left.Remove(next);
            done.Add(next.Oid);
            order.Add(next);
        }

        return order;

        Func<ForeignKeyShape, bool> IsMet(TableShape table, bool needNullable) =>
            key =>
                done.Contains(key.Referenced)
                || key.Referenced == table.Oid
                || left.TrueForAll(t => t.Oid != key.Referenced)
                || (!needNullable && CanBeNull(table, key));
    }

    private static bool CanBeNull(TableShape table, ForeignKeyShape key) =>
        table.Columns.Any(c => key.Columns.Contains(c.Name) && !c.NotNull);

    private async Task<FilledTable> FillAsync(TableShape table, long held, CancellationToken ct)
    {
        string? why = null;
        // Everything is filled where that works; else what has a default is left to it; else only what has to be there.
        foreach (var completeness in Enum.GetValues<Completeness>())
        {
            try
            {
                var (insert, problem) = await PrepareAsync(table, completeness, ct);
                if (insert is null)
                {
                    why ??= problem;
                    continue;
                }

                // A table that the migrations filled themselves keeps its rows; only the way to add one is found out.
                var made =
                    held == 0
                        ? await InTransactionAsync(() => RunAsync(connection, insert, 1, rows, ct), commit: true, ct)
                        : await InTransactionAsync(
                            () => RunAsync(connection, insert, rows + 1, rows + 1, ct),
                            commit: false,
                            ct
                        );
                if (made > 0)
                {
                    _inserts[table.Oid] = insert;
                    return new FilledTable(table.ToString(), held == 0 ? made : held, null);
                }

                why ??= "a trigger or rule kept every row out";
            }
            catch (PostgresException e)
            {
                why ??= $"{e.MessageText} ({e.SqlState})";
            }
        }

        return new FilledTable(table.ToString(), held, held > 0 ? null : why);
    }

    private enum Completeness
    {
        Everything,
        WithoutDefaults,
        OnlyWhatIsNeeded,
    }

    private async Task<(Insert? Insert, string? Problem)> PrepareAsync(
        TableShape table,
        Completeness completeness,
        CancellationToken ct
    )
    {
        var joins = new List<string>();
        var values = new Dictionary<string, string>();
        var foreign = new Dictionary<string, string?>();
        foreach (var key in table.ForeignKeys.Where(k => k.Columns.Any(c => !values.ContainsKey(c))))
        {
            var parent = _tables.FirstOrDefault(t => t.Oid == key.Referenced);
            var held = parent is null || key.Referenced == table.Oid ? 0 : await CountAsync(parent, ct);
            if (held == 0)
            {
                if (!CanBeNull(table, key))
                {
                    if (key.Referenced == table.Oid)
                    {
                        continue;
                    }

                    return (
                        null,
                        $"its {string.Join(", ", key.Columns)} needs a row in {parent?.ToString() ?? "another table"}, which holds none"
                    );
                }

                foreach (
                    var column in key.Columns.Where(c =>
                        !values.ContainsKey(c) && !table.Columns.First(x => x.Name == c).NotNull
                    )
                )
                {
                    foreign[column] = null;
                    values[column] = "NULL";
                }

                continue;
            }

            Join(table, key, parent!, held, joins, values, foreign);
        }

        var (checkedValues, unsolved) = await CheckedValues.FindAsync(
            connection,
            table,
            foreign,
            [1, 2, 7, Math.Max(8, rows), rows + 9],
            ct
        );
        foreach (var column in table.Columns)
        {
            if (column.IsGenerated)
            {
                continue;
            }

            var isChecked = checkedValues.TryGetValue(column.Name, out var solved);
            if (values.ContainsKey(column.Name))
            {
                // "Exactly one of these is set": the solution says where a foreign key stays empty.
                if (isChecked && solved!.StartsWith("NULL::", StringComparison.Ordinal))
                {
                    values[column.Name] = solved;
                }

                continue;
            }

            if (column.IsCounted)
            {
                continue;
            }

            if (isChecked)
            {
                values[column.Name] = solved!;
                continue;
            }

            if (
                completeness == Completeness.OnlyWhatIsNeeded && (!column.NotNull || column.HasDefault)
                || completeness == Completeness.WithoutDefaults && column.HasDefault
            )
            {
                continue;
            }

            if (ValueExpressions.For(column) is [var first, ..])
            {
                values[column.Name] = first;
            }
            else if (column is { NotNull: true, HasDefault: false })
            {
                return (null, $"no value of type {column.Type.Sql} could be made for {column.Name}");
            }
        }

        PointAtThemselves(table, values);
        var problem =
            unsolved.Count == 0 ? null : $"no value was found that satisfies {string.Join(" and ", unsolved)}";
        if (problem is not null && completeness == Completeness.OnlyWhatIsNeeded)
        {
            return (null, problem);
        }

        var columns = values.Keys.ToList();
        var target = columns.Count == 0 ? "" : $" ({string.Join(", ", columns.Select(TableShape.Quoted))})";
        var select = columns.Count == 0 ? "" : string.Join(", ", columns.Select(c => values[c]));
        return (
            new Insert(
                table,
                columns.Count == 0
                    ? $"INSERT INTO {table.Sql} SELECT FROM generate_series($1, $2) AS r_(i_) ON CONFLICT DO NOTHING"
                    : $"""
                    INSERT INTO {table.Sql}{target}
                    OVERRIDING SYSTEM VALUE
                    SELECT {select}
                    FROM generate_series($1, $2) AS r_(i_)
                    {string.Join("\n", joins)}
                    ORDER BY r_.i_
                    ON CONFLICT DO NOTHING
                    """
            ),
            problem
        );
    }

    // Row i points at the i-th row of the parent, and starts again at the first when there are no more.
    private static void Join(
        TableShape table,
        ForeignKeyShape key,
        TableShape parent,
        long held,
        List<string> joins,
        Dictionary<string, string> values,
        Dictionary<string, string?> foreign
    )
    {
        var alias = $"f{joins.Count}";
        var keys = string.Join(", ", key.Keys.Select(TableShape.Quoted));
        var assigned = key.Columns.Zip(key.Keys).Where(pair => values.ContainsKey(pair.First)).ToList();
        joins.Add(
            assigned.Count == 0
                ? $"""
                LEFT JOIN (SELECT row_number() OVER (ORDER BY {keys}) AS k, {keys} FROM {parent.Sql}
                    WHERE {string.Join(
                    " AND ",
                    key.Keys.Select(k => $"{TableShape.Quoted(k)} IS NOT NULL")
                )}) AS {alias}
                ON {alias}.k = (r_.i_ - 1) % {held} + 1
                """
                // A tenant's row points at rows of the same tenant.
                : $"""
                LEFT JOIN LATERAL (SELECT {keys} FROM {parent.Sql}
                    WHERE {string.Join(
                    " AND ",
                    assigned.Select(p => $"{TableShape.Quoted(p.Second)} = {values[p.First]}")
                )}
                    ORDER BY {keys} LIMIT 1) AS {alias} ON true
                """
        );
        foreach (var (column, referenced) in key.Columns.Zip(key.Keys))
        {
            if (values.ContainsKey(column))
            {
                continue;
            }

            var type = table.Columns.First(c => c.Name == column).Type.Sql;
            values[column] = $"{alias}.{TableShape.Quoted(referenced)}";
            foreign[column] = $"(SELECT {TableShape.Quoted(referenced)} FROM {parent.Sql} ORDER BY 1 LIMIT 1)::{type}";
        }
    }

    // A key into the same table that may not be null: each row is its own parent.
    private static void PointAtThemselves(TableShape table, Dictionary<string, string> values)
    {
        foreach (var key in table.ForeignKeys.Where(k => k.Referenced == table.Oid && !CanBeNull(table, k)))
        {
            foreach (var (column, referenced) in key.Columns.Zip(key.Keys))
            {
                if (!values.TryGetValue(referenced, out var value))
                {
                    value = ValueExpressions.Row;
                    values[referenced] = value;
                }

                values[column] = value;
            }
        }
    }

    // Keys that closed a circle were left empty; now there is something to point at. Where a trigger or a check refuses, they stay empty.
    private async Task PointBackAsync(TableShape table, CancellationToken ct)
    {
        foreach (var key in table.ForeignKeys.Where(k => CanBeNull(table, k)))
        {
            if (_tables.FirstOrDefault(t => t.Oid == key.Referenced) is not { } parent)
            {
                continue;
            }

            try
            {
                await InTransactionAsync(
                    async () =>
                    {
                        await ExecuteAsync(
                            $"""
                            UPDATE {table.Sql} SET ({string.Join(", ", key.Columns.Select(TableShape.Quoted))}) =
                                (SELECT {string.Join(
                                ", ",
                                key.Keys.Select(TableShape.Quoted)
                            )} FROM {parent.Sql} ORDER BY 1 LIMIT 1)
                            WHERE {string.Join(" AND ", key.Columns.Select(c => $"{TableShape.Quoted(c)} IS NULL"))}
                            """,
                            ct
                        );
                        return 0L;
                    },
                    commit: true,
                    ct
                );
            }
            catch (PostgresException)
            {
                // Empty is allowed, too.
            }
        }
    }

    private static async Task<long> RunAsync(
        NpgsqlConnection session,
        Insert insert,
        int first,
        int last,
        CancellationToken ct
    )
    {
        await using var command = new NpgsqlCommand(insert.Sql, session)
        {
            Parameters =
            {
                new() { Value = first },
                new() { Value = last },
            },
            CommandTimeout = 120,
        };
        return await command.ExecuteNonQueryAsync(ct);
    }

    private async Task<T> InTransactionAsync<T>(Func<Task<T>> action, bool commit, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var result = await action();
        if (commit)
        {
            await transaction.CommitAsync(ct);
        }

        return result;
    }

    private async Task<long> CountAsync(TableShape table, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {table.Sql}", connection);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    private async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        await command.ExecuteNonQueryAsync(ct);
    }
}
