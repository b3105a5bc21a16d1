using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>REINDEX without CONCURRENTLY.</summary>
internal sealed class ReindexNotConcurrent : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "reindex-not-concurrent",
            HazardGroup.BlocksTheApplication,
            "An index is built again while writes wait",
            "REINDEX builds an index anew, and until it is done nobody may change the table's rows; queries that would use the index wait "
                + "as well. REINDEX CONCURRENTLY builds the new one beside the old one.",
            "SHARE on the table and ACCESS EXCLUSIVE on the index: writes wait, and reads that would use the index",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email text); CREATE INDEX users_email_idx ON users (email);",
                    "REINDEX INDEX users_email_idx;",
                    "REINDEX INDEX CONCURRENTLY users_email_idx;",
                    """migrationBuilder.Sql("REINDEX INDEX CONCURRENTLY users_email_idx;", suppressTransaction: true);"""
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not Reindex { Concurrently: false } reindex)
        {
            yield break;
        }

        var table = reindex switch
        {
            { Target: "TABLE", Name: { } name } => name,
            { Target: "INDEX", Name: { } name } => context.Schema.Index(name)?.Table,
            _ => (ObjectName?)null,
        };
        if (table is { } known && !context.IsInUse(known))
        {
            yield break;
        }

        var shown = table is { } on ? context.Shown(on) : "the tables";
        yield return new Found(
            statement,
            table is null ? reindex.Name?.ToString() : shown,
            $"The index is built anew while everything that writes to {shown} waits, and so does what reads {shown} by this index: the application hangs "
                + "there for as long as it takes.",
            reindex.Target == "SYSTEM"
                ? Instead.Remarks(
                    context,
                    "System catalogs cannot be reindexed concurrently: do it in a maintenance window, not in a migration."
                )
                : Instead.Steps(
                    context,
                    new Step(
                        $"REINDEX {reindex.Target} CONCURRENTLY {reindex.Name}",
                        Alone: true,
                        context.IsMigration ? null : "outside of a transaction:"
                    )
                )
        );
    }
}
