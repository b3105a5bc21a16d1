using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>CLUSTER.</summary>
internal sealed class Cluster : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "cluster",
            HazardGroup.BlocksTheApplication,
            "A table is written in another order while everybody waits",
            "CLUSTER writes the whole table and its indexes anew in the order of one index, and until it is done nobody may read or write the "
                + "table. The order is not kept for rows that come later.",
            "ACCESS EXCLUSIVE on the table: everything waits, reads too",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY);",
                    "CLUSTER users USING users_pkey;",
                    "ALTER TABLE users CLUSTER ON users_pkey;"
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not ClusterTable cluster || (cluster.Table is { } on && !context.IsInUse(on)))
        {
            yield break;
        }

        var table = cluster.Table is { } one ? context.Shown(one) : "every clustered table";
        yield return new Found(
            statement,
            cluster.Table is null ? null : table,
            $"CLUSTER writes {table} anew, and until it is done everything that reads or writes there waits: the application stands still.",
            Instead.Remarks(
                context,
                "leave it out: an index serves the same queries. Where the order on disk is really needed, the extension pg_repack",
                "does it without a pause: pg_repack --order-by …"
            )
        );
    }
}
