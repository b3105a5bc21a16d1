using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Rollback;

/// <summary>
/// Follows names through a revert. What is reverted first may rename a table that a later Down drops: the rows are counted now, under the
/// name that the table has now.
/// </summary>
internal sealed class NamesInDown
{
    private sealed class Table(ObjectName? live)
    {
        /// <summary>Null where the revert itself makes the table.</summary>
        public ObjectName? Live => live;

        /// <summary>The live name by the one of the moment; null for what the revert itself makes, and for a name that it has given up.</summary>
        public Dictionary<string, string?> Columns { get; } = new(StringComparer.Ordinal);
    }

    private readonly Dictionary<ObjectName, Table> _tables = [];
    private readonly Dictionary<string, string> _schemas = new(StringComparer.Ordinal);

    /// <summary>A table by its name of the moment; null where the revert itself makes it, so that nothing of now is in it.</summary>
    public LiveTable? Find(ObjectName name, bool mayBeMissing) =>
        Of(name).Live is { } live ? new LiveTable(live.ToString(), name.ToString(), mayBeMissing) : null;

    /// <summary>A column by its names of the moment; null where the revert itself makes it.</summary>
    public LiveColumn? Find(ObjectName table, string column, bool mayBeMissing, bool tableMayBeMissing) =>
        Find(table, tableMayBeMissing) is { } found && Of(table).Columns.GetValueOrDefault(column, column) is { } live
            ? new LiveColumn(found, live, column, mayBeMissing)
            : null;

    /// <summary>Notes that the revert makes a table.</summary>
    public void Make(ObjectName table) => _tables[Key(table)] = new Table(null);

    /// <summary>Notes that the revert makes a column.</summary>
    public void Make(ObjectName table, string column) => Of(table).Columns[column] = null;

    /// <summary>Notes that a table gets another name, or another schema.</summary>
    public void Rename(ObjectName from, ObjectName to)
    {
        _tables[Key(to)] = Of(from);
        _tables[Key(from)] = new Table(null);
    }

    /// <summary>Notes that a column gets another name.</summary>
    public void Rename(ObjectName table, string from, string to)
    {
        var columns = Of(table).Columns;
        columns[to] = columns.GetValueOrDefault(from, from);
        columns[from] = null;
    }

    /// <summary>Notes that a schema gets another name.</summary>
    public void RenameSchema(string from, string to) => _schemas[to] = _schemas.GetValueOrDefault(from, from);

    private Table Of(ObjectName name)
    {
        var key = Key(name);
        if (!_tables.TryGetValue(key, out var table))
        {
            _tables[key] = table = new Table(
                name.Schema is { } schema && _schemas.TryGetValue(schema, out var live)
                    ? name with
                    {
                        Schema = live,
                    }
                    : name
            );
        }

        return table;
    }

    // EF Core writes a table of the default schema without it, and raw SQL often with it.
    private static ObjectName Key(ObjectName name) => name.Schema == "public" ? name with { Schema = null } : name;
}
