using Db.Tracing.Rows;
using Npgsql;

namespace Db.Policies;

/// <summary>Values that the check constraints of tables let through, for those tables that refuse just any value.</summary>
internal sealed class CheckedColumns
{
    // As many as rows are made and tried on one table at the most.
    private const int Rows = 24;

    // What PostgreSQL is asked is asked of a database that somebody needs.
    private const string Limit = "2s";

    // Unlike the numbers that rows begin with.
    private readonly int _first = Random.Shared.Next(100_000, 900_000);
    private readonly Dictionary<string, Found> _tables = [];
    private IReadOnlyList<TableShape>? _shapes;

    /// <summary>What is known of a table: for which columns a value was found, and whether those are used that may be left out.</summary>
    private sealed record Found(IReadOnlyDictionary<string, string> Values, bool IsForAll);

    /// <summary>The value of a column for one of its rows; null where just any will do.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">The column.</param>
    /// <param name="row">The row's number, from 0.</param>
    public string? For(string table, ProbedColumn column, int row) =>
        _tables.TryGetValue(table, out var found)
        && (column.MustBeGiven || found.IsForAll)
        && found.Values.TryGetValue(column.Name, out var value)
            ? value.Replace(ValueExpressions.Row, $"{_first + row % Rows}", StringComparison.Ordinal)
            : null;

    /// <summary>
    /// Finds values for a table that has refused a row: first for the columns that have to be given, then for all that its checks speak of.
    /// </summary>
    /// <returns>Whether it is worth trying again.</returns>
    /// <param name="connection">A session without a transaction.</param>
    /// <param name="table">The table.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="ct">Ends the search.</param>
    public async Task<bool> LearnAsync(
        NpgsqlConnection connection,
        string table,
        IReadOnlyList<ProbedColumn> columns,
        CancellationToken ct
    )
    {
        if (_tables.TryGetValue(table, out var known))
        {
            _tables[table] = known with { IsForAll = true };
            return !known.IsForAll && known.Values.Count > 0;
        }

        await ExecuteAsync(connection, $"SET statement_timeout = '{Limit}'", ct);
        try
        {
            _shapes ??= await ShapeReader.ReadAsync(connection, _ => false, ct);
            var shape = _shapes.FirstOrDefault(t => t.Schema == "public" && t.Name == table);
            var (values, _) = shape is null
                ? (new Dictionary<string, string>(), [])
                : await CheckedValues.FindAsync(
                    connection,
                    shape,
                    Foreign(shape, columns),
                    [.. Enumerable.Range(_first, Rows)],
                    ct
                );
            var isForAll = !columns.Any(c => c.MustBeGiven && values.ContainsKey(c.Name));
            _tables[table] = new Found(values, isForAll);
            return values.Count > 0;
        }
        finally
        {
            await ExecuteAsync(connection, "RESET statement_timeout", CancellationToken.None);
        }
    }

    // What points at another table gets the key of a row there, or nothing.
    private static Dictionary<string, string?> Foreign(TableShape shape, IReadOnlyList<ProbedColumn> columns) =>
        columns
            .Where(column => column.References is not null)
            .ToDictionary(
                column => column.Name,
                column =>
                    column.MustBeGiven
                        ? ValueExpressions.For(shape.Columns.First(c => c.Name == column.Name)).FirstOrDefault()
                        : null
            );

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}
