using MigrationSafety.Statements;
using MigrationSafety.Statements.Parsing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Plan;

/// <summary>A lock that a statement takes on a relation, by PostgreSQL's documentation (chapter "Explicit Locking" and each command's page).</summary>
/// <param name="Mode">PostgreSQL's name of the lock, as pg_locks shows it.</param>
/// <param name="Relation">The relation as it is written in SQL.</param>
internal sealed record StatementLock(string Mode, string Relation)
{
    public const string AccessExclusive = "AccessExclusiveLock";
    public const string ShareRowExclusive = "ShareRowExclusiveLock";
    public const string Share = "ShareLock";
    public const string ShareUpdateExclusive = "ShareUpdateExclusiveLock";
    private const string Exclusive = "ExclusiveLock";
    private const string RowExclusive = "RowExclusiveLock";

    /// <summary>All that its text tells; those on the relations that it is about come first.</summary>
    public static IReadOnlyList<StatementLock> AllOf(SqlStatement statement)
    {
        var locks = new List<StatementLock>();
        foreach (var (mode, name) in Read(statement))
        {
            // A foreign key that leads to its own table takes no more there than the statement has already.
            if (name.ToString() is var relation && !locks.Exists(known => known.Relation == relation))
            {
                locks.Add(new StatementLock(mode, relation));
            }
        }

        return locks;
    }

    /// <summary>The one on the relation that it is about; null where there is none, or where that relation is only made.</summary>
    public static StatementLock? Of(SqlStatement statement) =>
        statement.Tokens is ["CREATE", "TABLE", ..] ? null : AllOf(statement).FirstOrDefault();

    // Statements that write rows can be megabytes long, and their first words say all; so they are not parsed.
    private static IEnumerable<(string Mode, ObjectName Relation)> Read(SqlStatement statement) =>
        statement.Tokens switch
        {
            ["INSERT" or "MERGE", "INTO", ..] => NameAfter(statement, "INTO", RowExclusive),
            ["DELETE", "FROM", ..] => NameAfter(statement, "FROM", RowExclusive),
            ["UPDATE", ..] => NameAfter(statement, "UPDATE", RowExclusive),
            ["CREATE", "STATISTICS", ..] => NameAfter(statement, "FROM", ShareUpdateExclusive),
            ["CREATE" or "ALTER" or "DROP" or "REINDEX" or "CLUSTER" or "TRUNCATE", ..]
            or ["COMMENT" or "REFRESH" or "VACUUM" or "LOCK", ..] => SqlParser.Parse(statement.Text) switch
            {
                // Whatever it is that it does: nearly all that ALTER TABLE can do needs this.
                UnknownStatement when statement.Tokens is ["ALTER", "TABLE", ..] => NameAfter(
                    statement,
                    "TABLE",
                    AccessExclusive
                ),
                var parsed => Read(parsed),
            },
            _ => [],
        };

    private static IEnumerable<(string Mode, ObjectName Relation)> Read(Statement statement) =>
        statement switch
        {
            CreateTable create => Read(create),
            AlterTable alter => Read(alter),
            CreateIndex create => [(create.Concurrently ? ShareUpdateExclusive : Share, create.Table)],
            CreateTrigger create => [(ShareRowExclusive, create.Table)],
            CreatePolicy create => [(AccessExclusive, create.Table)],
            AlterPolicy alter => [(AccessExclusive, alter.Table)],
            CreateView { OrReplace: true } create => [(AccessExclusive, create.Name)],
            DropStatement { Kind: ObjectKind.Trigger or ObjectKind.Policy or ObjectKind.Rule, On: { } table } =>
            [
                (AccessExclusive, table),
            ],
            DropStatement { Concurrently: true } drop => drop.Names.Select(name => (ShareUpdateExclusive, name)),
            DropStatement drop when IsRelation(drop.Kind) => drop.Names.Select(name => (AccessExclusive, name)),
            Reindex { Target: "INDEX" or "TABLE", Name: { } name } reindex =>
            [
                (
                    reindex.Concurrently ? ShareUpdateExclusive
                    : reindex.Target == "TABLE" ? Share
                    : AccessExclusive,
                    name
                ),
            ],
            ClusterTable { Table: { } table } => [(AccessExclusive, table)],
            Truncate truncate => truncate.Tables.Select(table => (AccessExclusive, table)),
            CommentStatement { Name: { } name } comment when IsRelation(comment.Kind) => [(ShareUpdateExclusive, name)],
            RefreshMaterializedView refresh => [(refresh.Concurrently ? Exclusive : AccessExclusive, refresh.Name)],
            Vacuum vacuum => vacuum.Tables.Select(table =>
                (vacuum.Full ? AccessExclusive : ShareUpdateExclusive, table)
            ),
            LockTable locks => locks.Tables.Select(table => (ModeOf(locks.Mode), table)),
            _ => [],
        };

    private static bool IsRelation(ObjectKind kind) =>
        kind
            is ObjectKind.Table
                or ObjectKind.ForeignTable
                or ObjectKind.View
                or ObjectKind.MaterializedView
                or ObjectKind.Sequence
                or ObjectKind.Index;

    // The new table is nobody's yet; those that its foreign keys lead to take no writes until the transaction ends.
    private static IEnumerable<(string, ObjectName)> Read(CreateTable create) =>
        [
            .. create.PartitionOf is { } parent ? [(AccessExclusive, parent)] : Array.Empty<(string, ObjectName)>(),
            .. create.Inherits.Select(inherited => (ShareUpdateExclusive, inherited)),
            .. Referenced(create.Constraints),
            .. create.Columns.SelectMany(column => Referenced(column.Constraints)),
        ];

    private static IEnumerable<(string, ObjectName)> Read(AlterTable alter) =>
        [
            (
                alter.Actions.Select(action => Of(alter.Kind, action)).MaxBy(mode => Array.IndexOf(Ranks, mode))!,
                alter.Name
            ),
            .. alter.Actions.SelectMany(action =>
                action switch
                {
                    AddConstraint add => Referenced([add.Constraint]),
                    AddColumn add => Referenced(add.Column.Constraints),
                    AttachPartition attach => [(AccessExclusive, attach.Partition)],
                    DetachPartition detach => [(AccessExclusive, detach.Partition)],
                    _ => [],
                }
            ),
        ];

    private static IEnumerable<(string, ObjectName)> Referenced(IEnumerable<TableConstraint> constraints) =>
        constraints
            .Select(constraint => constraint.References)
            .OfType<ObjectName>()
            .Select(to => (ShareRowExclusive, to));

    // The strongest of its actions counts.
    private static string Of(ObjectKind kind, TableAction action) =>
        action switch
        {
            ValidateConstraint or AttachPartition => ShareUpdateExclusive,
            DetachPartition detach when detach.Concurrently || detach.Finalize => ShareUpdateExclusive,
            RenameTo when kind == ObjectKind.Index => ShareUpdateExclusive,
            AddConstraint { Constraint.Kind: ConstraintKind.ForeignKey } or SwitchTrigger => ShareRowExclusive,
            SetOptions set when set.Options.Keys.All(IsForMaintenance) => ShareUpdateExclusive,
            OtherAction other when IsForMaintenance(other) => ShareUpdateExclusive,
            OtherAction when kind == ObjectKind.Sequence => ShareRowExclusive,
            _ => AccessExclusive,
        };

    private static bool IsForMaintenance(string option) =>
        option.StartsWith("toast", StringComparison.Ordinal)
        || option.Contains("vacuum", StringComparison.Ordinal)
        || option is "fillfactor" or "parallel_workers" or "deduplicate_items";

    private static bool IsForMaintenance(OtherAction action) =>
        action.Words.StartsWith("CLUSTER", StringComparison.Ordinal)
        || action.Words == "SET WITHOUT CLUSTER"
        || action.Words.StartsWith("ALTER COLUMN", StringComparison.Ordinal)
            && action.Words.Contains("STATISTICS", StringComparison.OrdinalIgnoreCase);

    // ROW EXCLUSIVE is RowExclusiveLock.
    private static string ModeOf(string words) =>
        string.Concat(words.Split(' ').Select(word => word[..1] + word[1..].ToLowerInvariant())) + "Lock";

    private static readonly string[] Ranks = [ShareUpdateExclusive, Share, ShareRowExclusive, AccessExclusive];

    private static IEnumerable<(string, ObjectName)> NameAfter(SqlStatement statement, string word, string mode)
    {
        var reader = new TokenReader(statement.Text);
        while (!reader.Take(word))
        {
            if (reader.Next().Length == 0)
            {
                return [];
            }
        }

        if (reader.Take("IF"))
        {
            reader.Take("EXISTS");
        }

        reader.Take("ONLY");
        var (schema, name) = ((string?)null, reader.Next());
        while (reader.Take("."))
        {
            (schema, name) = (name, reader.Next());
        }

        return name.Length == 0
            ? []
            :
            [
                (
                    mode,
                    new ObjectName(schema is null ? null : ConcurrentIndex.NameOf(schema), ConcurrentIndex.NameOf(name))
                ),
            ];
    }
}
