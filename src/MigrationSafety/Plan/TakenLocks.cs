using MigrationSafety.Execution;
using MigrationSafety.Statements;
using MigrationSafety.Statements.Parsing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Plan;

/// <summary>
/// All locks of a statement, with those on relations that it does not name: an index's table, the tables that a foreign key leads to, a
/// default partition. Only the database's catalogs tell which they are.
/// </summary>
internal static class TakenLocks
{
    private const string TableOfIndex = "SELECT indrelid FROM pg_index WHERE indexrelid = to_regclass($1)";
    private const string IndexesOfTable = "SELECT indexrelid FROM pg_index WHERE indrelid = to_regclass($1)";
    private const string Parent =
        "SELECT inhparent FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhrelid = to_regclass($1) AND relispartition";
    private const string DefaultPartition =
        "SELECT partdefid FROM pg_partitioned_table WHERE partrelid = to_regclass($1) AND partdefid <> 0";
    private const string DefaultPartitionBeside =
        "SELECT partdefid FROM pg_partitioned_table JOIN pg_inherits ON inhparent = partrelid "
        + "WHERE inhrelid = to_regclass($1) AND partdefid NOT IN (0, inhrelid)";
    private const string Referenced =
        "SELECT confrelid FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype = 'f'";
    private const string ReferencedByItself = Referenced + " AND conparentid = 0";
    private const string ReferencedByConstraint = Referenced + " AND conname = $2";
    private const string ReferencedByColumn =
        Referenced
        + " AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = conrelid AND a.attnum = ANY (conkey) AND a.attname = $2)";

    public static async ValueTask<IReadOnlyList<StatementLock>> ReadAsync(Session session, SqlStatement statement)
    {
        var locks = StatementLock.AllOf(statement).ToList();
        if (statement.Tokens is not ["ALTER" or "DROP" or "REINDEX", ..] and not ["CREATE", "TABLE", ..])
        {
            return locks;
        }

        foreach (var (mode, sql, relation, name) in Further(SqlParser.Parse(statement.Text)))
        {
            string[] parameters = name is null ? [relation.ToString()] : [relation.ToString(), name];
            var found = await session
                .QueryAsync(
                    $"""
                    SELECT DISTINCT found::regclass::text FROM ({sql}) AS f (found)
                    WHERE NOT EXISTS (
                        SELECT FROM unnest({TextArray.Of(locks.Count, first: 1 + parameters.Length)}) AS known
                        WHERE to_regclass(known) = found)
                    ORDER BY 1
                    """,
                    r => new StatementLock(mode, r.GetString(0)),
                    [.. parameters, .. locks.Select(taken => taken.Relation)]
                )
                .ConfigureAwait(false);
            locks.AddRange(found);
        }

        return locks;
    }

    private static IEnumerable<(string Mode, string Sql, ObjectName Relation, string? Name)> Further(
        Statement statement
    ) =>
        statement switch
        {
            DropStatement { Kind: ObjectKind.Index } drop => drop.Names.Select(index =>
                (
                    drop.Concurrently ? StatementLock.ShareUpdateExclusive : StatementLock.AccessExclusive,
                    TableOfIndex,
                    index,
                    (string?)null
                )
            ),
            DropStatement { Kind: ObjectKind.Table } drop => drop.Names.SelectMany(table =>
                new[] { ReferencedByItself, Parent, DefaultPartitionBeside }.Select(sql =>
                    (StatementLock.AccessExclusive, sql, table, (string?)null)
                )
            ),
            Reindex { Target: "INDEX", Name: { } index } reindex =>
            [
                (
                    reindex.Concurrently ? StatementLock.ShareUpdateExclusive : StatementLock.Share,
                    TableOfIndex,
                    index,
                    null
                ),
            ],
            Reindex { Target: "TABLE", Name: { } table } reindex =>
            [
                (
                    reindex.Concurrently ? StatementLock.ShareUpdateExclusive : StatementLock.AccessExclusive,
                    IndexesOfTable,
                    table,
                    null
                ),
            ],
            CreateTable { PartitionOf: { } parent } =>
            [
                (StatementLock.AccessExclusive, DefaultPartition, parent, null),
                (StatementLock.ShareRowExclusive, Referenced, parent, null),
            ],
            AlterTable { Kind: ObjectKind.Table } alter => alter.Actions.SelectMany(action =>
                Further(alter.Name, action)
            ),
            _ => [],
        };

    private static IEnumerable<(string Mode, string Sql, ObjectName Relation, string? Name)> Further(
        ObjectName table,
        TableAction action
    ) =>
        action switch
        {
            AttachPartition or DetachPartition { Concurrently: false, Finalize: false } =>
            [
                (StatementLock.AccessExclusive, DefaultPartition, table, null),
                (StatementLock.ShareRowExclusive, Referenced, table, null),
            ],
            DropConstraint drop => [(StatementLock.AccessExclusive, ReferencedByConstraint, table, drop.Name)],
            DropColumn drop => [(StatementLock.AccessExclusive, ReferencedByColumn, table, drop.Column)],
            _ => [],
        };
}
