namespace MigrationSafety.Statements.Syntax;

/// <summary>How long a table lasts.</summary>
internal enum Persistence
{
    Permanent,
    Temporary,
    Unlogged,
}

/// <summary>CREATE TABLE.</summary>
/// <remarks>
/// Like: Tables that a LIKE copies.
/// AsQuery: The query of CREATE TABLE AS.
/// </remarks>
internal sealed record CreateTable(
    ObjectName Name,
    bool IfNotExists,
    Persistence Persistence,
    bool IsForeign,
    IReadOnlyList<ColumnDefinition> Columns,
    IReadOnlyList<TableConstraint> Constraints,
    IReadOnlyList<ObjectName> Like,
    IReadOnlyList<ObjectName> Inherits,
    ObjectName? PartitionOf,
    Expression? PartitionBy,
    Expression? AsQuery
) : Statement;

/// <summary>A column in CREATE TABLE or ADD COLUMN.</summary>
internal sealed record ColumnDefinition(
    string Name,
    SqlType Type,
    bool NotNull,
    Expression? Default,
    bool IsIdentity,
    Expression? Generated,
    bool GeneratedIsVirtual,
    IReadOnlyList<TableConstraint> Constraints
)
{
    public bool IsPrimaryKey => Constraints.Any(c => c.Kind == ConstraintKind.PrimaryKey);
}

/// <summary>Kinds of constraints.</summary>
internal enum ConstraintKind
{
    PrimaryKey,
    Unique,
    Check,
    ForeignKey,
    Exclusion,
    NotNull,
}

/// <summary>A constraint of a table, or of a column.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name, or null where PostgreSQL makes one.</param>
/// <param name="Columns">The columns it is about.</param>
/// <param name="References">The table that a foreign key leads to.</param>
/// <param name="ReferencedColumns">Its columns there, as far as written.</param>
/// <param name="Expression">What a check says, or what stands behind EXCLUDE.</param>
/// <param name="IsNotValid">Whether NOT VALID stands behind it.</param>
/// <param name="UsingIndex">The index that it takes over.</param>
internal sealed record TableConstraint(
    ConstraintKind Kind,
    string? Name,
    IReadOnlyList<string> Columns,
    ObjectName? References = null,
    IReadOnlyList<string>? ReferencedColumns = null,
    Expression? Expression = null,
    bool IsNotValid = false,
    string? UsingIndex = null
);

/// <summary>ALTER TABLE, also of views, indexes, sequences and foreign tables.</summary>
internal sealed record AlterTable(
    ObjectKind Kind,
    ObjectName Name,
    bool IfExists,
    bool Only,
    IReadOnlyList<TableAction> Actions
) : Statement;

/// <summary>One action of ALTER TABLE.</summary>
internal abstract record TableAction;

internal sealed record AddColumn(ColumnDefinition Column, bool IfNotExists) : TableAction;

internal sealed record DropColumn(string Column, bool IfExists, bool Cascade) : TableAction;

internal sealed record AlterColumnType(string Column, SqlType Type, Expression? Using, bool HasCollation) : TableAction;

internal sealed record SetDefault(string Column, Expression Value) : TableAction;

internal sealed record DropDefault(string Column) : TableAction;

internal sealed record SetNotNull(string Column) : TableAction;

internal sealed record DropNotNull(string Column) : TableAction;

internal sealed record AddIdentity(string Column) : TableAction;

internal sealed record DropIdentity(string Column) : TableAction;

/// <summary>ALTER COLUMN … SET EXPRESSION AS, from PostgreSQL 17 on: writes the whole table again.</summary>
internal sealed record SetGeneratedExpression(string Column) : TableAction;

/// <summary>ALTER COLUMN … DROP EXPRESSION: the column keeps its values and is no longer computed.</summary>
internal sealed record DropGeneratedExpression(string Column) : TableAction;

internal sealed record AddConstraint(TableConstraint Constraint) : TableAction;

internal sealed record ValidateConstraint(string Name) : TableAction;

internal sealed record DropConstraint(string Name, bool IfExists, bool Cascade) : TableAction;

internal sealed record RenameColumn(string From, string To) : TableAction;

internal sealed record RenameConstraint(string From, string To) : TableAction;

internal sealed record RenameTo(string Name) : TableAction;

internal sealed record SetSchema(string Schema) : TableAction;

/// <summary>ENABLE, DISABLE, FORCE and NO FORCE ROW LEVEL SECURITY.</summary>
internal sealed record RowLevelSecurity(bool? Enabled, bool? Forced) : TableAction;

/// <summary>ENABLE and DISABLE TRIGGER.</summary>
/// <param name="Name">The trigger; null for all.</param>
/// <param name="Enabled">Whether it is on afterwards.</param>
internal sealed record SwitchTrigger(string? Name, bool Enabled) : TableAction;

internal sealed record AttachPartition(ObjectName Partition, bool IsDefault, Expression Bound) : TableAction;

internal sealed record DetachPartition(ObjectName Partition, bool Concurrently, bool Finalize) : TableAction;

/// <summary>SET LOGGED, UNLOGGED, TABLESPACE or ACCESS METHOD: each writes the whole table again.</summary>
internal sealed record MoveTable(string How) : TableAction;

/// <summary>SET and RESET (…) of the table, or of a view's options.</summary>
internal sealed record SetOptions(IReadOnlyDictionary<string, string> Options, bool IsReset) : TableAction;

/// <summary>One that is quick and harmless: OWNER TO, SET STATISTICS, REPLICA IDENTITY and the like.</summary>
internal sealed record OtherAction(string Words) : TableAction;
