using MigrationSafety.Hazards.Review;
using MigrationSafety.Rewriting;
using MigrationSafety.Statements;
using MigrationSafety.Statements.Parsing;
using MigrationSafety.Statements.Syntax;
using ObjectName = MigrationSafety.Statements.Syntax.ObjectName;

namespace MigrationSafety.Guards;

/// <summary>
/// PostgreSQL builds and drops no index of a partitioned table concurrently, and says so only when it comes to the statement: with what
/// stands before it committed already.
/// </summary>
internal sealed class PartitionedConcurrentlyGuard : IMigrationGuard
{
    // Of more partitions than these, the rest is written in the same way.
    private const int Shown = 12;

    public async ValueTask<Failure?> CheckAsync(MigrationGuardContext context)
    {
        // What the run itself makes of a name; null where only the server could say it.
        var made = new Dictionary<ObjectName, (bool? IsPartitioned, string By)>();
        foreach (var step in context.Plan.Steps)
        {
            var committed = context
                .Unfinished.FirstOrDefault(u => u.MigrationId == step.Id && u.Direction == step.Direction)
                ?.Committed;
            for (var command = committed ?? 0; command < step.Commands.Count; command++)
            {
                foreach (var statement in step.StatementsOf(command))
                {
                    if (statement.Tokens is not ["CREATE" or "DROP" or "ALTER", ..])
                    {
                        continue;
                    }

                    var parsed = SqlParser.Parse(statement.Text);
                    if (parsed is CreateIndex { Concurrently: true } or DropStatement { Concurrently: true })
                    {
                        var isOperation = CommandNote.Read(step.Commands[command].CommandText) is not null;
                        if (
                            await RefusedAsync(context, step.Id, statement, parsed, isOperation, made)
                                .ConfigureAwait(false) is
                            { } failure
                        )
                        {
                            return failure;
                        }
                    }

                    Follow(parsed);
                }
            }

            void Follow(Statement parsed)
            {
                switch (parsed)
                {
                    case CreateTable create:
                        made[Full(context, create.Name)] = (create.PartitionBy is not null, step.Id);
                        break;
                    case DropStatement { Kind: ObjectKind.Table } drop:
                        drop.Names.ToList().ForEach(name => made[Full(context, name)] = (null, step.Id));
                        break;
                    case AlterTable { Actions: [RenameTo rename] } alter:
                        made[Full(context, alter.Name)] = (null, step.Id);
                        made[Full(context, alter.Name with { Name = rename.Name })] = (null, step.Id);
                        break;
                }
            }
        }

        return null;
    }

    private static ObjectName Full(MigrationGuardContext context, ObjectName name) =>
        name with
        {
            Schema = name.Schema ?? context.Server.CurrentSchema,
        };

    private static async ValueTask<Failure?> RefusedAsync(
        MigrationGuardContext context,
        string migration,
        SqlStatement statement,
        Statement parsed,
        bool isOperation,
        Dictionary<ObjectName, (bool? IsPartitioned, string By)> made
    )
    {
        if (parsed is DropStatement drop)
        {
            return
                drop is { Names: [var dropped] }
                && await TreeAsync(context, dropped).ConfigureAwait(false) is { Count: > 0 }
                ? new Failure(
                    "PartitionedConcurrently",
                    $"{migration} drops the index {dropped} with CONCURRENTLY, and its table is partitioned: PostgreSQL does not do that, and would "
                        + "refuse it in the middle of the run.",
                    null,
                    (
                        isOperation
                            ? "keep the operation as EF Core writes it: .KeepAsWritten(\"nobody works at that hour\") behind it in the migration. "
                            : $"drop it without CONCURRENTLY: {CSharp.Sql($"DROP INDEX {dropped}")} "
                    )
                        + "Everybody who uses the table waits for a moment, which the migration's class accepts: "
                        + "[AcceptHazard(\"drop-index-not-concurrent\", \"nobody works at that hour\")]"
                )
                : null;
        }

        var table = ((CreateIndex)parsed).Table;
        var isMade = made.TryGetValue(Full(context, table), out var known);
        var tree = isMade ? [] : await TreeAsync(context, table).ConfigureAwait(false);
        if (isMade ? known.IsPartitioned != true : tree.Count == 0)
        {
            return null;
        }

        return new Failure(
            "PartitionedConcurrently",
            $"{migration} builds an index of {table} with CONCURRENTLY, and {table} is partitioned: PostgreSQL does that for single partitions "
                + "only, and would refuse it in the middle of the run.",
            null,
            isMade && known.By == migration
                ? isOperation
                    ? $"{table} is new and holds no rows: .KeepAsWritten(\"the table is new\") behind the operation."
                    : $"{table} is new and holds no rows: build the index without CONCURRENTLY."
                : (isOperation ? Operation(table) : "")
                    + "build an index of the whole table alone, then each partition's concurrently, and attach it; with the last one the "
                    + $"whole table's index is valid:\n{Steps(statement, table, tree)}"
        );
    }

    private static string Operation(ObjectName table) =>
        "where the partitions are small, keep the operation as EF Core writes it, .KeepAsWritten(\"the partitions are small\") behind it, and accept "
        + $"on the migration's class that writers wait: [AcceptHazard(\"index-not-concurrent\", \"the partitions are small\", On = {CSharp.Literal(table.ToString())})]. "
        + "Otherwise, instead of the operation, ";

    private static string Steps(SqlStatement statement, ObjectName table, IReadOnlyList<Partition> tree)
    {
        if (ConcurrentIndex.Parse(statement) is not { } index || tree.Count == 0)
        {
            return $"  CREATE INDEX … ON ONLY {table} (…);\n"
                + "  CREATE INDEX CONCURRENTLY … ON <each partition> (…);\n"
                + "  ALTER INDEX … ATTACH PARTITION …;";
        }

        var create = index.Before.StartsWith("CREATE UNIQUE", StringComparison.Ordinal)
            ? "CREATE UNIQUE INDEX"
            : "CREATE INDEX";
        var lines = new List<string>();
        foreach (var relation in tree.Take(Shown))
        {
            lines.Add(
                relation.IsLeaf
                    ? CSharp.Sql(
                        $"{create} CONCURRENTLY {ObjectName.Quoted(IndexOf(relation.Name))} ON {relation.Written}{index.After}",
                        suppressTransaction: true
                    )
                    : CSharp.Sql(
                        $"{create} {ObjectName.Quoted(IndexOf(relation.Name))} ON ONLY {relation.Written}{index.After}"
                    )
            );
            if (relation.Parent is not null)
            {
                lines.Add(
                    CSharp.Sql(
                        $"ALTER INDEX {relation.ParentSchema}{ObjectName.Quoted(IndexOf(relation.Parent))} ATTACH PARTITION "
                            + $"{relation.Schema}{ObjectName.Quoted(IndexOf(relation.Name))}"
                    )
                );
            }
        }

        if (tree.Count > Shown)
        {
            lines.Add($"// and so for the other {tree.Count - Shown} partitions");
        }

        return "  " + string.Join('\n', lines).Replace("\n", "\n  ", StringComparison.Ordinal);

        // PostgreSQL cuts longer names off, and two of them could become the same.
        string IndexOf(string relation) =>
            relation == tree[0].Name ? index.Index
            : $"{relation}_{index.Index}" is { Length: <= 63 } name ? name
            : relation[..Math.Min(relation.Length, 54)]
                + "_"
                + Convert.ToHexStringLower(
                    System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(index.Index))
                )[..8];
    }

    /// <summary>A relation of a partitioned one's tree.</summary>
    /// <param name="Name">Its name without its schema.</param>
    /// <param name="Written">As it is written in SQL.</param>
    /// <param name="Schema">What has to stand before the names of its indexes.</param>
    /// <param name="Parent">The name of the one that it is a partition of; null for the first.</param>
    /// <param name="ParentSchema">What has to stand before the names of that one's indexes.</param>
    /// <param name="IsLeaf">Whether it has no partitions of its own.</param>
    private sealed record Partition(
        string Name,
        string Written,
        string Schema,
        string? Parent,
        string ParentSchema,
        bool IsLeaf
    );

    // The relation itself first; none where it is not partitioned.
    private static ValueTask<IReadOnlyList<Partition>> TreeAsync(MigrationGuardContext context, ObjectName relation) =>
        context.Session.QueryAsync(
            """
            SELECT c.relname::text, c.oid::regclass::text,
                   CASE WHEN pg_table_is_visible(c.oid) THEN '' ELSE format('%I.', c.relnamespace::regnamespace::name) END,
                   p.relname::text,
                   CASE WHEN p.oid IS NULL OR pg_table_is_visible(p.oid) THEN '' ELSE format('%I.', p.relnamespace::regnamespace::name) END,
                   t.isleaf
            FROM pg_class root CROSS JOIN LATERAL pg_partition_tree(root.oid) t JOIN pg_class c ON c.oid = t.relid
            LEFT JOIN pg_class p ON p.oid = t.parentrelid AND t.level > 0
            WHERE root.oid = to_regclass($1) AND root.relkind IN ('p', 'I')
            ORDER BY t.level, 2
            """,
            r => new Partition(
                r.GetString(0),
                r.GetString(1),
                r.GetString(2),
                r.IsDBNull(3) ? null : r.GetString(3),
                r.GetString(4),
                r.GetBoolean(5)
            ),
            relation.ToString()
        );
}
