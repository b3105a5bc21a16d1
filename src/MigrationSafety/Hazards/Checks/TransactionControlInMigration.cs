using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>BEGIN, COMMIT and ROLLBACK where somebody else runs the transaction.</summary>
internal sealed class TransactionControlInMigration : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "transaction-control-in-migration",
            HazardGroup.LeavesAMess,
            "A COMMIT of its own tears the transaction in two",
            "The migration runs in a transaction already. A COMMIT inside it ends that one half-way: what follows is committed statement by statement, and "
                + "when something fails, the first half stays and nobody knows. A second BEGIN does nothing but warn, and its COMMIT ends the outer "
                + "transaction.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY);",
                    """
                    BEGIN;
                    ALTER TABLE users ADD COLUMN a text;
                    BEGIN;
                    ALTER TABLE users ADD COLUMN b text;
                    COMMIT;
                    """,
                    """
                    BEGIN;
                    ALTER TABLE users ADD COLUMN a text;
                    ALTER TABLE users ADD COLUMN b text;
                    COMMIT;
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (statement.Statement is not TransactionStatement { Verb: not TransactionVerb.Savepoint } transaction)
        {
            yield break;
        }

        // A DO block outside of a transaction may commit its portions by itself; inside one, PostgreSQL refuses it.
        var isOfBlock = statement.IsNested;
        if (isOfBlock && context.Before.LastOrDefault(s => !s.IsNested) is { Transaction: null })
        {
            yield break;
        }

        var isSecond =
            transaction.Verb == TransactionVerb.Begin
            && context
                .BeforeInTransaction(statement)
                .Any(s => s.Statement is TransactionStatement { Verb: TransactionVerb.Begin });
        if (context.IsMigration || context.Options.FilesRunInOneTransaction || isSecond || isOfBlock)
        {
            var word = statement.Text.Split((char[]?)null, 2)[0].ToUpperInvariant();
            yield return new Found(
                statement,
                null,
                isSecond && !context.IsMigration
                    ? "A transaction is open already: this BEGIN does nothing but warn, and the next COMMIT ends the outer transaction, half-way."
                    : $"The {(context.IsMigration ? "migration" : "file")} runs in one transaction; this {word} tears it in two. If something fails afterwards, the first half stays, and nobody knows.",
                Instead.Remarks(
                    context,
                    context.IsMigration
                        ? "leave BEGIN and COMMIT out. A statement that must not run in a transaction: migrationBuilder.Sql(…, suppressTransaction: true)."
                        : "leave it out, or divide the file where it is to be committed."
                )
            );
        }
    }
}
