using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.EntityFrameworkCore.Storage;

namespace MigrationSafety.Rewriting;

/// <summary>What a rewriter may know: the migration's operations, where it stands among them, the target model, the server's version.</summary>
internal sealed class RewriteScope(
    IReadOnlyList<MigrationOperation> operations,
    IModel? model,
    Version postgresVersion,
    ISqlGenerationHelper sql
)
{
    private readonly HashSet<(string? Schema, string Table)> _new = [];
    private readonly HashSet<(string? Schema, string Table, string Column)> _required = [];

    /// <summary>The index of the operation to be rewritten.</summary>
    public int Position { get; private set; }

    /// <summary>The operation to be rewritten.</summary>
    public MigrationOperation Current => operations[Position];

    /// <summary>The one after it, or null; never one that its author keeps as written.</summary>
    public MigrationOperation? Next => At(Position + 1);

    /// <summary>The operations before it.</summary>
    public IEnumerable<MigrationOperation> Before => operations.Take(Position);

    /// <summary>Whether PostgreSQL 18, which knows NOT NULL … NOT VALID, is what the options name.</summary>
    public bool HasNotNullNotValid => postgresVersion >= new Version(18, 0);

    /// <summary>An operation after the current one that may be rewritten with it, or null.</summary>
    public MigrationOperation? At(int index) =>
        index < operations.Count && KeptAsWritten.ReasonOf(operations[index]) is null ? operations[index] : null;

    /// <summary>Whether the table was made by this migration: nobody else sees it yet, and it holds no rows.</summary>
    public bool IsNew(string? schema, string table) => _new.Contains((schema, table));

    /// <summary>
    /// Whether the column is known to be NOT NULL at this point. Where the target model says so and the column had been nullable, EF Core
    /// has written an operation that changes it, and that one stands before.
    /// </summary>
    public bool IsRequired(string? schema, string table, string column) =>
        _required.Contains((schema, table, column))
        || model?.GetRelationalModel().FindTable(table, schema)?.FindColumn(column) is { IsNullable: false };

    /// <summary>A name as SQL.</summary>
    public string Quoted(string name, string? schema = null) => sql.DelimitIdentifier(name, schema);

    /// <summary>Goes on behind the current operations.</summary>
    public void Advance(int count)
    {
        for (; count > 0; count--)
        {
            See(operations[Position++]);
        }
    }

    private void See(MigrationOperation operation)
    {
        switch (operation)
        {
            case CreateTableOperation table:
                _new.Add((table.Schema, table.Name));
                break;
            case RenameTableOperation table when _new.Remove((table.Schema, table.Name)):
                _new.Add((table.NewSchema ?? table.Schema, table.NewName ?? table.Name));
                break;
            case DropTableOperation table:
                _new.Remove((table.Schema, table.Name));
                break;
            case AddColumnOperation { IsNullable: false } column:
                _required.Add((column.Schema, column.Table, column.Name));
                break;
            case AlterColumnOperation { IsNullable: false } column:
                _required.Add((column.Schema, column.Table, column.Name));
                break;
        }
    }
}
