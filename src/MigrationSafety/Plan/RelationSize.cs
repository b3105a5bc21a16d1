using MigrationSafety.Execution;

namespace MigrationSafety.Plan;

/// <summary>How large a relation is, its partitions included.</summary>
/// <param name="Rows">PostgreSQL's estimate of the rows.</param>
/// <param name="Bytes">With indexes and TOAST.</param>
/// <param name="IndexBytes">The indexes alone; of an index, the index.</param>
internal sealed record RelationSize(long Rows, long Bytes, long IndexBytes)
{
    /// <summary>Reads it; null when there is no such relation yet.</summary>
    public static async ValueTask<RelationSize?> ReadAsync(Session session, string relation)
    {
        var found = await session
            .QueryAsync(
                $"""
                WITH named AS (SELECT ({RelationOid.Of("$1")}) AS oid),
                tree AS (
                    SELECT oid FROM named UNION SELECT p.relid::oid FROM named, pg_partition_tree(named.oid) p
                )
                SELECT sum(CASE WHEN c.relkind IN ('p', 'I') THEN 0 ELSE greatest(c.reltuples, 0) END)::bigint,
                       sum(pg_total_relation_size(c.oid))::bigint,
                       sum(CASE WHEN c.relkind IN ('i', 'I') THEN pg_relation_size(c.oid) ELSE pg_indexes_size(c.oid) END)::bigint
                FROM tree JOIN pg_class c ON c.oid = tree.oid
                HAVING count(*) > 0
                """,
                r => new RelationSize(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2)),
                relation
            )
            .ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }
}
