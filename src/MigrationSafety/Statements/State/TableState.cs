using System.Collections.Immutable;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.State;

/// <summary>A table as the statements so far have made it.</summary>
internal sealed record TableState
{
    /// <summary>Its name, with its schema.</summary>
    public required ObjectName Name { get; init; }

    /// <summary>Whether everything about it is known; not so for a table that nobody was seen creating, or that copies another.</summary>
    public bool IsKnown { get; init; }

    /// <summary>The migration that made it, as <see cref="SchemaState.Migration"/> counts them.</summary>
    public int CreatedIn { get; init; }

    public Persistence Persistence { get; init; }

    public bool IsForeign { get; init; }

    /// <summary>The table it is a partition of, or null.</summary>
    public ObjectName? PartitionOf { get; init; }

    public bool IsPartitioned { get; init; }

    /// <summary>In order, by name.</summary>
    public ImmutableList<ColumnState> Columns { get; init; } = [];

    public ImmutableList<ConstraintState> Constraints { get; init; } = [];

    public bool RowLevelSecurity { get; init; }

    public bool RowLevelSecurityForced { get; init; }

    public ImmutableList<CreatePolicy> Policies { get; init; } = [];

    /// <summary>Names of triggers.</summary>
    public ImmutableHashSet<string> Triggers { get; init; } = [];

    public ColumnState? Column(string name) => Columns.Find(c => c.Name == name);

    public ConstraintState? Constraint(string name) => Constraints.Find(c => c.Name == name);

    public ConstraintState? PrimaryKey => Constraints.Find(c => c.Kind == ConstraintKind.PrimaryKey);

    public TableState With(ColumnState column) =>
        Columns.FindIndex(c => c.Name == column.Name) is var at and >= 0
            ? this with
            {
                Columns = Columns.SetItem(at, column),
            }
            : this with
            {
                Columns = Columns.Add(column),
            };
}

/// <summary>A column as the statements so far have made it.</summary>
/// <remarks>AddedIn: The migration that made it.</remarks>
internal sealed record ColumnState(
    string Name,
    SqlType Type,
    bool NotNull,
    Expression? Default,
    bool IsIdentity,
    Expression? Generated,
    int AddedIn
)
{
    /// <summary>Whether a row gets a value when an INSERT names none.</summary>
    public bool FillsItself =>
        (Default is not null && !Default.IsNull) || IsIdentity || Generated is not null || Type.IsSerial;
}

/// <summary>A constraint as the statements so far have made it.</summary>
internal sealed record ConstraintState(
    ConstraintKind Kind,
    string Name,
    IReadOnlyList<string> Columns,
    ObjectName? References,
    IReadOnlyList<string> ReferencedColumns,
    Expression? Expression,
    bool IsValid
);

/// <summary>An index as the statements so far have made it.</summary>
/// <remarks>OfConstraint: Whether a primary key or unique constraint owns it.</remarks>
internal sealed record IndexState(
    ObjectName Name,
    ObjectName Table,
    bool Unique,
    string Method,
    IReadOnlyList<IndexKey> Keys,
    IReadOnlyList<string> Included,
    Expression? Where,
    bool OfConstraint,
    int CreatedIn
);

/// <summary>A function or procedure as the statements so far have made it.</summary>
internal sealed record RoutineState(CreateRoutine Definition, int CreatedIn);

/// <summary>A view as the statements so far have made it.</summary>
internal sealed record ViewState(
    ObjectName Name,
    bool IsMaterialized,
    ImmutableDictionary<string, string> Options,
    Expression Query,
    int CreatedIn
);

/// <summary>An enum as the statements so far have made it.</summary>
internal sealed record EnumState(ObjectName Name, ImmutableList<string> Labels, int CreatedIn);
