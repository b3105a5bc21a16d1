using System.Collections.Immutable;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.State;

/// <summary>
/// What exists after the statements so far, as far as they say. What nobody was seen creating is unknown rather than missing: it is taken
/// for a table with rows. A value: applying a statement gives another one.
/// </summary>
internal sealed record SchemaState
{
    public static SchemaState Empty { get; } = new();

    /// <summary>The number of the migration that is being applied; 0 is the schema from before.</summary>
    public int Migration { get; init; }

    /// <summary>The schema that names without one belong to.</summary>
    public ImmutableList<string> SearchPath { get; init; } = ["public"];

    public ImmutableDictionary<ObjectName, TableState> Tables { get; init; } =
        ImmutableDictionary<ObjectName, TableState>.Empty;

    public ImmutableDictionary<ObjectName, IndexState> Indexes { get; init; } =
        ImmutableDictionary<ObjectName, IndexState>.Empty;

    public ImmutableDictionary<ObjectName, ViewState> Views { get; init; } =
        ImmutableDictionary<ObjectName, ViewState>.Empty;

    public ImmutableDictionary<ObjectName, EnumState> Enums { get; init; } =
        ImmutableDictionary<ObjectName, EnumState>.Empty;

    /// <summary>Functions and procedures; overloads of one name stand together.</summary>
    public ImmutableDictionary<ObjectName, ImmutableList<RoutineState>> Routines { get; init; } =
        ImmutableDictionary<ObjectName, ImmutableList<RoutineState>>.Empty;

    /// <summary>Schemas that were created, and in which migration.</summary>
    public ImmutableDictionary<string, int> Schemas { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>Domains, with the type below each.</summary>
    public ImmutableDictionary<ObjectName, SqlType> Domains { get; init; } =
        ImmutableDictionary<ObjectName, SqlType>.Empty;

    /// <summary>The domains among them that have a constraint.</summary>
    public ImmutableHashSet<ObjectName> ConstrainedDomains { get; init; } = [];

    /// <summary>Every GRANT and REVOKE so far, in order, with names that carry their schema.</summary>
    public ImmutableList<GrantStatement> Grants { get; init; } = [];

    /// <summary>Every ALTER DEFAULT PRIVILEGES so far, in order.</summary>
    public ImmutableList<AlterDefaultPrivileges> DefaultPrivileges { get; init; } = [];

    /// <summary>The state in which the next migration starts: what exists by now is no longer new.</summary>
    public SchemaState NextMigration() => this with { Migration = Migration + 1, SearchPath = ["public"] };

    /// <summary>A name with its schema: the one in which such a thing is known to exist, else the first of the search path.</summary>
    public ObjectName Resolve(ObjectName name)
    {
        if (name.Schema is not null)
        {
            return name;
        }

        foreach (var schema in SearchPath)
        {
            var full = name with { Schema = schema };
            if (
                Tables.ContainsKey(full)
                || Views.ContainsKey(full)
                || Indexes.ContainsKey(full)
                || Enums.ContainsKey(full)
            )
            {
                return full;
            }
        }

        // Temporary tables come before everything else.
        var temporary = name with
        {
            Schema = "pg_temp",
        };
        return Tables.ContainsKey(temporary)
            ? temporary
            : name with
            {
                Schema = SearchPath.IsEmpty ? "public" : SearchPath[0],
            };
    }

    public TableState? Table(ObjectName name) => Tables.GetValueOrDefault(Resolve(name));

    public ColumnState? Column(ObjectName table, string column) => Table(table)?.Column(column);

    /// <summary>Whether the migration that is being applied made the table: nobody else has seen it yet.</summary>
    public bool IsNew(ObjectName table) =>
        Table(table) is { } known
            ? (known.CreatedIn == Migration && Migration > 0) || known.Persistence == Persistence.Temporary
            : Views.TryGetValue(Resolve(table), out var view) && view.CreatedIn == Migration && Migration > 0;

    public IEnumerable<IndexState> IndexesOf(ObjectName table)
    {
        var full = Resolve(table);
        return Indexes.Values.Where(index => index.Table == full);
    }

    public IndexState? Index(ObjectName name) => Indexes.GetValueOrDefault(Resolve(name));

    /// <summary>The state after a statement. What it says about unknown things is kept as far as it goes.</summary>
    public SchemaState Apply(Statement statement) =>
        statement switch
        {
            CreateTable create => TableChanges.Create(this, create),
            AlterTable alter => TableChanges.Alter(this, alter),
            CreateIndex create => TableChanges.Create(this, create),
            DropStatement drop => ObjectChanges.Drop(this, drop),
            SetParameter { Name: "search_path" } set => this with
            {
                SearchPath = ObjectChanges.SearchPathOf(set.Value),
            },
            _ => ObjectChanges.Apply(this, statement),
        };

    internal SchemaState With(TableState table) => this with { Tables = Tables.SetItem(table.Name, table) };

    /// <summary>The table, or what can be said of one that nobody was seen creating.</summary>
    internal TableState TableOrUnknown(ObjectName name) =>
        Table(name) ?? new TableState { Name = Resolve(name), CreatedIn = 0 };
}
