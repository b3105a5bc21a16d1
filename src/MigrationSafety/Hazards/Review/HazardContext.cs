using MigrationSafety.Statements.State;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Review;

/// <summary>What a check may look at beside the statement.</summary>
internal sealed class HazardContext(
    HazardScript script,
    HazardOptions options,
    IReadOnlyList<ReviewedStatement> statements,
    IReadOnlyList<ReviewedStatement> up,
    SchemaState schemaBefore
)
{
    /// <summary>The schema before the statement under review; at the end of the script, the schema after it.</summary>
    public SchemaState Schema { get; set; } = schemaBefore;

    private (object? Of, IReadOnlyList<TableState> Tables) _changed = (null, []);

    /// <summary>
    /// The tables that the script made or changed, in the order of their names. A database has hundreds of tables and a migration changes
    /// few of them: what looks at the end of a script looks at these.
    /// </summary>
    public IReadOnlyList<TableState> ChangedTables
    {
        get
        {
            if (ReferenceEquals(Schema.Tables, SchemaBefore.Tables))
            {
                return [];
            }

            if (!ReferenceEquals(_changed.Of, Schema.Tables))
            {
                _changed = (
                    Schema.Tables,
                    [
                        .. Schema
                            .Tables.Values.Where(t =>
                                !ReferenceEquals(SchemaBefore.Tables.GetValueOrDefault(t.Name), t)
                            )
                            .OrderBy(t => t.Name.Schema, StringComparer.Ordinal)
                            .ThenBy(t => t.Name.Name, StringComparer.Ordinal),
                    ]
                );
            }

            return _changed.Tables;
        }
    }

    /// <summary>The functions that the script made or changed.</summary>
    public IEnumerable<RoutineState> ChangedRoutines =>
        ReferenceEquals(Schema.Routines, SchemaBefore.Routines)
            ? []
            : Schema
                .Routines.Where(r => !ReferenceEquals(SchemaBefore.Routines.GetValueOrDefault(r.Key), r.Value))
                .SelectMany(r => r.Value);

    /// <summary>The indexes that the script made.</summary>
    public IEnumerable<IndexState> MadeIndexes =>
        ReferenceEquals(Schema.Indexes, SchemaBefore.Indexes)
            ? []
            : Schema.Indexes.Values.Where(index => this.IsMadeHere(index.CreatedIn));

    /// <summary>The schema before the script.</summary>
    public SchemaState SchemaBefore { get; } = schemaBefore;

    /// <summary>All statements of the script, those inside DO blocks behind their block.</summary>
    public IReadOnlyList<ReviewedStatement> Statements { get; } = statements;

    /// <summary>The index of the statement under review; the number of statements at the end.</summary>
    public int Index { get; set; }

    /// <summary>For a Down: the statements of the migration's Up, where it was reviewed just before; else empty.</summary>
    public IReadOnlyList<ReviewedStatement> Up { get; } = up;

    public HazardOptions Options { get; } = options;

    public HazardScript Script { get; } = script;

    public bool IsDown => Script.Direction == "Down";

    /// <summary>Whether the code to write instead is C#.</summary>
    public bool IsMigration => Script.Migration is not null;

    /// <summary>The statements of this script before the one under review.</summary>
    public IEnumerable<ReviewedStatement> Before => Statements.Take(Index);

    /// <summary>The statements before the one under review that share its transaction.</summary>
    public IEnumerable<ReviewedStatement> BeforeInTransaction(ReviewedStatement statement) =>
        statement.Transaction is { } transaction ? Before.Where(s => s.Transaction == transaction) : [];

    private readonly Dictionary<int, (HashSet<ObjectName> Exclusive, HashSet<ObjectName> OfWriters)> _locked = [];

    /// <summary>Notes the locks of a statement that was looked at, for those behind it in its transaction.</summary>
    public void Note(ReviewedStatement statement)
    {
        if (statement.Transaction is not { } transaction)
        {
            return;
        }

        if (!_locked.TryGetValue(transaction, out var locked))
        {
            _locked[transaction] = locked = ([], []);
        }

        locked.Exclusive.UnionWith(Locks.Exclusive(statement.Statement, this));
        locked.OfWriters.UnionWith(Locks.OfWriters(statement.Statement, this));
        // The statements behind it know a renamed table by its new name only; under both it would count twice.
        if (statement.Statement is AlterTable { Kind: ObjectKind.Table or ObjectKind.ForeignTable } alter)
        {
            var before = Schema.Resolve(alter.Name);
            var after = alter.Actions.Aggregate(
                before,
                (name, action) =>
                    action switch
                    {
                        RenameTo rename => name with { Name = rename.Name },
                        SetSchema set => name with { Schema = set.Schema },
                        _ => name,
                    }
            );
            Rename(locked.Exclusive, before, after);
            Rename(locked.OfWriters, before, after);
        }

        static void Rename(HashSet<ObjectName> tables, ObjectName before, ObjectName after)
        {
            if (after != before && tables.Remove(before))
            {
                tables.Add(after);
            }
        }
    }

    /// <summary>Tables in use that the statements before it in its transaction have closed, for readers too.</summary>
    public IReadOnlySet<ObjectName> LockedExclusively(ReviewedStatement statement) =>
        statement.Transaction is { } transaction && _locked.TryGetValue(transaction, out var locked)
            ? locked.Exclusive
            : None;

    /// <summary>Tables in use that the statements before it in its transaction have closed, for writers at least.</summary>
    public IReadOnlySet<ObjectName> LockedForWriters(ReviewedStatement statement) =>
        statement.Transaction is { } transaction && _locked.TryGetValue(transaction, out var locked)
            ? locked.OfWriters
            : None;

    private static readonly HashSet<ObjectName> None = [];

    /// <summary>The labels that the script adds to enums, each with the index of its statement.</summary>
    public IReadOnlyList<(int Index, ReviewedStatement Statement)> AddedLabels =>
        field ??= [.. Statements.Index().Where(s => s.Item.Statement is AddEnumValue).Select(s => (s.Index, s.Item))];

    /// <summary>
    /// Whether this is a Down that takes back what its Up did to a column without harm. Going back may be slow there; told at every widened
    /// column, it would be noise.
    /// </summary>
    public bool TakesBack(ObjectName table, Func<TableAction, bool> action)
    {
        var full = Schema.Resolve(table);
        return IsDown
            && Up.Any(s =>
                s.Statement is AlterTable alter
                && alter.Name.Name == full.Name
                && (alter.Name.Schema ?? full.Schema) == full.Schema
                && alter.Actions.Any(action)
            );
    }

    /// <summary>Whether a table may hold rows and others may be using it: not so when this migration made it, or when it is temporary.</summary>
    public bool IsInUse(ObjectName table) => !Schema.IsNew(table) && table.Schema is not ("pg_temp" or "pg_catalog");

    /// <summary>The table's name as a finding shows it: without its schema where that is public.</summary>
    public string Shown(ObjectName table) =>
        Schema.Resolve(table) is { Schema: "public" or "pg_temp" } inPublic
            ? ObjectName.Quoted(inPublic.Name)
            : Schema.Resolve(table).ToString();
}
