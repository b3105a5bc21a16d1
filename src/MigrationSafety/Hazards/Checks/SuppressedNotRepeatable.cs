using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A command outside of the transaction that cannot simply be run again.</summary>
internal sealed class SuppressedNotRepeatable : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "suppressed-not-repeatable",
            HazardGroup.LeavesAMess,
            "A command outside of the transaction cannot be run a second time",
            "What PostgreSQL refuses inside a transaction is not rolled back when the migration fails or is killed. The next run starts with that command "
                + "again, so it must be one that may run twice. The rails see to that for CREATE and DROP INDEX CONCURRENTLY of an index with a "
                + "name, for REINDEX and for DETACH PARTITION CONCURRENTLY; an index without a name is built a second time under another one, and other commands fail on what the first run left.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email text);",
                    "CREATE INDEX CONCURRENTLY ON users (email);",
                    "CREATE INDEX CONCURRENTLY users_email_idx ON users (email);",
                    """
                    migrationBuilder.Sql("CREATE INDEX CONCURRENTLY users_email_idx ON users (email);", suppressTransaction: true);
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Transaction is not null)
        {
            yield break;
        }

        if (statement.Statement is CreateIndex { Concurrently: true, Name: null } index)
        {
            var name = ObjectName.Quoted(
                $"{index.Table.Name}_{string.Join('_', index.Keys.Select(k => k.Column ?? "expr"))}_idx"
            );
            yield return new Found(
                statement,
                context.Shown(index.Table),
                "The index has no name. When this is run again after a failure, PostgreSQL builds a second index under another name, and the first stays, invalid.",
                Instead.Steps(
                    context,
                    new Step(
                        statement.Text.Replace(
                            "CONCURRENTLY",
                            "CONCURRENTLY " + name,
                            StringComparison.OrdinalIgnoreCase
                        ),
                        Alone: true
                    )
                )
            );
        }
        else if (
            context.IsMigration
            && context.Statements.Count > 1
            && statement.Statement is OtherStatement { Verb: "CREATE DATABASE" or "CREATE TABLESPACE" }
            && context.Index < context.Statements.Count - 1
        )
        {
            yield return new Found(
                statement,
                null,
                "This runs outside of the migration's transaction, and what comes after it may fail. The next run starts with this command again, which then fails on what "
                    + "it did the first time.",
                Instead.Steps(
                    context,
                    new Step(statement.Text, Alone: true, "alone in a migration of its own, or as its last command:")
                )
            );
        }
    }
}
