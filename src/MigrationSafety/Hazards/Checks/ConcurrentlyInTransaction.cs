using MigrationSafety.Hazards.Review;
using MigrationSafety.Statements;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Hazards.Checks;

/// <summary>A statement that PostgreSQL refuses inside a transaction, inside one.</summary>
internal sealed class ConcurrentlyInTransaction : HazardCheck
{
    public override Hazard Hazard { get; } =
        new(
            "concurrently-in-transaction",
            HazardGroup.LeavesAMess,
            "A statement that must run alone stands inside a transaction",
            "CREATE INDEX CONCURRENTLY and its relatives work in several transactions of their own, so PostgreSQL refuses them inside another "
                + "one (error 25001). The migration fails on its first run. Several statements sent in one command share a transaction too, and "
                + "so do those inside a DO block.",
            null,
            [
                new HazardExample(
                    "CREATE TABLE users (id bigint PRIMARY KEY, email text);",
                    """
                    BEGIN;
                    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
                    COMMIT;
                    """,
                    "CREATE INDEX CONCURRENTLY users_email_idx ON users (email);",
                    """
                    migrationBuilder.Sql("CREATE INDEX CONCURRENTLY users_email_idx ON users (email);", suppressTransaction: true);
                    """
                ),
            ]
        );

    public override IEnumerable<Found> Check(ReviewedStatement statement, HazardContext context)
    {
        if (
            statement.Transaction is null
            || statement.Statement is TransactionStatement
            || !MustRunAlone(statement.Statement, statement.Text)
        )
        {
            yield break;
        }

        var words = string.Join(
            ' ',
            statement.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(3)
        );
        yield return new Found(
            statement,
            statement.Statement is CreateIndex { Table: var table } ? context.Shown(table) : null,
            $"{words} cannot run inside a transaction: PostgreSQL refuses it with error 25001, and the migration fails."
                + (
                    statement.IsNested ? " A DO block is always one transaction."
                    : statement.Command.TransactionSuppressed
                        ? " It stands in one command with other statements, and what is sent together shares a transaction."
                    : ""
                ),
            context.IsMigration
                ? "// in a command of its own:\n" + CSharp.Sql(statement.Text, suppressTransaction: true)
                : $"-- outside of BEGIN and COMMIT, and in a file of its own where the tool wraps files in a transaction:\n{statement.Text};"
        );
    }

    private static bool MustRunAlone(Statement statement, string text) =>
        statement switch
        {
            CreateIndex { Concurrently: true }
            or DropStatement { Concurrently: true }
            or Reindex { Concurrently: true } => true,
            Reindex { Target: "SCHEMA" or "DATABASE" or "SYSTEM" } => true,
            AlterTable alter => alter.Actions.Any(a => a is DetachPartition { Concurrently: true }),
            Vacuum => true,
            ClusterTable { Table: null } => true,
            DropStatement { Kind: ObjectKind.Database } => true,
            OtherStatement { Verb: "CREATE DATABASE" or "CREATE TABLESPACE" or "ALTER SYSTEM" } => true,
            OtherStatement => SqlScanner.Split(text) is [var split] && TransactionRules.MustRunAlone(split),
            _ => false,
        };
}
