using System.Data.Common;
using System.Reflection;
using Db.Tracing.Rows;
using Npgsql;
using NpgsqlTypes;

namespace Db.Compatibility;

/// <summary>A value for a column, as the model writes it.</summary>
/// <param name="Column">The column.</param>
/// <param name="Value">The value, or null.</param>
internal readonly record struct ColumnValue(ModelColumn Column, object? Value);

/// <summary>Does what a release does, on one database. Everything is rolled back.</summary>
internal sealed class ReleaseSession(NpgsqlConnection connection)
{
    private int _savepoints;

    public NpgsqlConnection Connection => connection;

    /// <summary>Runs something and undoes it; returns why it failed, or null.</summary>
    public async Task<Exception?> TryAsync(Func<ReleaseSession, Task> action, CancellationToken ct)
    {
        var savepoint = $"try_{++_savepoints}";
        await ExecuteAsync($"SAVEPOINT {savepoint}", ct);
        try
        {
            await action(this);
            // What is checked at the commit is checked now.
            await ExecuteAsync("SET CONSTRAINTS ALL IMMEDIATE", ct);
            return null;
        }
        catch (Exception e)
            when (e is not OperationCanceledException
                && !connection.FullState.HasFlag(System.Data.ConnectionState.Broken)
            )
        {
            return e;
        }
        finally
        {
            await ExecuteAsync($"ROLLBACK TO SAVEPOINT {savepoint}", CancellationToken.None);
        }
    }

    /// <summary>Reads columns of some rows, each into the type that the model has for it.</summary>
    public async Task<IReadOnlyList<object?[]>> ReadAsync(
        ModelTable table,
        IReadOnlyList<ModelColumn> columns,
        string? where,
        CancellationToken ct
    )
    {
        await using var command = new NpgsqlCommand(
            $"SELECT {Names(columns)} FROM {Sql(table)} {where} LIMIT 5",
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<object?[]>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add([.. columns.Select((column, i) => reader.IsDBNull(i) ? null : Value(reader, i, column))]);
        }

        return rows;
    }

    /// <summary>Inserts a row, and reads back what the server made; returns the row's key.</summary>
    public async Task<object?[]> InsertAsync(
        ModelTable table,
        IReadOnlyList<ColumnValue> values,
        IReadOnlySet<string> without,
        CancellationToken ct
    )
    {
        var sent = values.Where(v => !without.Contains(v.Column.Name)).ToList();
        var names = sent.Select(v => v.Column.Name).ToHashSet();
        var returned = table
            .Columns.Where(c => !without.Contains(c.Name) && (!names.Contains(c.Name) || table.Key.Contains(c.Name)))
            .ToList();
        await using var command = new NpgsqlCommand { Connection = connection };
        var columns =
            sent.Count == 0
                ? "DEFAULT VALUES"
                : $"({Names(sent.Select(v => v.Column))}) VALUES ({string.Join(", ", sent.Select((v, i) => Parameter(command, v, i)))})";
        command.CommandText =
            $"INSERT INTO {Sql(table)} {columns}" + (returned.Count == 0 ? "" : $" RETURNING {Names(returned)}");
        if (returned.Count == 0)
        {
            await command.ExecuteNonQueryAsync(ct);
            return [];
        }

        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct))
        {
            return [];
        }

        var row = returned.Select((column, i) => reader.IsDBNull(i) ? null : Value(reader, i, column)).ToArray();
        return [.. table.Key.Select(k => returned.FindIndex(c => c.Name == k) is >= 0 and var i ? row[i] : null)];
    }

    /// <summary>Updates one column of the row with the key.</summary>
    public async Task UpdateAsync(ModelTable table, object?[] key, ColumnValue value, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand { Connection = connection };
        command.CommandText =
            $"UPDATE {Sql(table)} SET {TableShape.Quoted(value.Column.Name)} = {Parameter(command, value, 0)} WHERE {Where(command, table, key)}";
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Updates one column of the row with the key to a value written as a literal.</summary>
    public async Task UpdateAsync(ModelTable table, object?[] key, string column, string literal, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand { Connection = connection };
        command.CommandText =
            $"UPDATE {Sql(table)} SET {TableShape.Quoted(column)} = {literal} WHERE {Where(command, table, key)}";
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Deletes the row with the key.</summary>
    public async Task DeleteAsync(ModelTable table, object?[] key, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand { Connection = connection };
        command.CommandText = $"DELETE FROM {Sql(table)} WHERE {Where(command, table, key)}";
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    public static string Sql(ModelTable table) => $"{TableShape.Quoted(table.Schema)}.{TableShape.Quoted(table.Name)}";

    private static string Names(IEnumerable<ModelColumn> columns) =>
        string.Join(", ", columns.Select(c => TableShape.Quoted(c.Name)));

    private static string Where(NpgsqlCommand command, ModelTable table, object?[] key) =>
        string.Join(
            " AND ",
            table.Key.Select(
                (name, i) =>
                    $"{TableShape.Quoted(name)} = {Parameter(command, new ColumnValue(table.Columns.First(c => c.Name == name), key[i]), 100 + i)}"
            )
        );

    // The same parameter and the same reader's method that EF Core uses for the column.
    private static string Parameter(NpgsqlCommand command, ColumnValue value, int number)
    {
        var name = $"p{number}";
        command.Parameters.Add(
            value.Column.Mapping is { } mapping
                ? mapping.CreateParameter(command, name, value.Value, nullable: true)
                : new NpgsqlParameter(name, NpgsqlDbType.Jsonb) { Value = value.Value ?? DBNull.Value }
        );
        return "@" + name;
    }

    private static object? Value(DbDataReader reader, int ordinal, ModelColumn column)
    {
        if (column.Mapping is null)
        {
            return reader.GetFieldValue<string>(ordinal);
        }

        var method = column.Mapping.GetDataReaderMethod();
        object? value;
        try
        {
            value = method.Invoke(reader, [ordinal]);
        }
        catch (TargetInvocationException e) when (e.InnerException is not null)
        {
            throw e.InnerException is InvalidCastException
                ? e.InnerException
                : new InvalidCastException(e.InnerException.Message, e.InnerException);
        }

        return column.Mapping.Converter is { } converter ? converter.ConvertFromProvider(value) : value;
    }
}
