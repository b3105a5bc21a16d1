using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>DROP INDEX without CONCURRENTLY on a table in use.</summary>
internal sealed class DropIndexNotConcurrent : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "drop-index-not-concurrent",
            HazardGroup.BlocksTheApplication,
            "An index is dropped while everybody waits",
            "DROP INDEX is quick once it may begin, but first it waits for every transaction that uses the table, and behind it everybody "
                + "else waits, readers too. One report that runs for five minutes makes that five minutes for the whole application. "
                + "DROP INDEX CONCURRENTLY waits as well, but nobody waits behind it.",
            "ACCESS EXCLUSIVE on the table: everything waits, reads too",
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email text); CREATE INDEX users_email_idx ON users (email);",
                    "DROP INDEX users_email_idx;",
                    "DROP INDEX CONCURRENTLY users_email_idx;",
                    """migrationBuilder.DropIndex(name: "users_email_idx", table: "users");"""
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not DropStatement { Kind: ObjectKind.Index, Concurrently: false } drop)
        {
            yield break;
        }

        foreach (var name in drop.Names)
        {
            var index = context.Schema.Index(name);
            // A partitioned table's index cannot be dropped concurrently.
            if (
                index is not null
                && (!context.IsInUse(index.Table) || context.Schema.Table(index.Table)?.IsPartitioned == true)
            )
            {
                continue;
            }

            var table = index is null ? "its table" : context.Shown(index.Table);
            yield return new Found(
                statement,
                index is null ? ObjectName.Quoted(name.Name) : table,
                $"Dropping the index {ObjectName.Quoted(name.Name)} waits for every transaction that is using {table}, and behind it everything that reads or "
                    + $"writes {table} waits: one long report is enough for the application to stand still.",
                Instead.Steps(
                    context,
                    new Step(
                        $"DROP INDEX CONCURRENTLY {(drop.IfExists ? "IF EXISTS " : "")}{name}",
                        Alone: true,
                        context.IsMigration
                            ? "As an operation the rails run it concurrently by themselves: migrationBuilder.DropIndex(…). As SQL:"
                            : "outside of a transaction:"
                    )
                )
            );
        }
    }
}
