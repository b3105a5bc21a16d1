using MigrationSafety.Failures;
using MigrationSafety.Statements;

namespace MigrationSafety.Guards;

/// <summary>A COMMIT of its own inside a migration's transaction would tear the migration in two, unseen by everyone.</summary>
internal sealed class TransactionControlGuard : IMigrationGuard
{
    public ValueTask<Failure?> CheckAsync(MigrationGuardContext context) =>
        ValueTask.FromResult(
            context
                .Plan.Steps.SelectMany(step => step.Commands.Select((command, index) => (step, command, index)))
                .Where(pair => !pair.command.TransactionSuppressed && MayHold(pair.command.CommandText))
                .SelectMany(pair =>
                    pair.step.StatementsOf(pair.index).Select(statement => (pair.step, pair.command, statement))
                )
                .Where(found => TransactionRules.IsTransactionControl(found.statement))
                .Select(found => new Failure(
                    "TransactionControl",
                    $"{found.step.Id} holds a {found.statement.Tokens[0]} of its own. EF Core runs the migration in one transaction; this would "
                        + "end it half-way, and a failure after it could no longer be rolled back.\n\n"
                        + SqlExcerpt.Of(found.command.CommandText, found.statement.Start + 1),
                    null,
                    "remove BEGIN and COMMIT. A statement that must not run in a transaction: migrationBuilder.Sql(…, suppressTransaction: true)."
                ))
                .FirstOrDefault()
        );

    // The scan costs more than this look, and hardly any command has one of the words.
    private static bool MayHold(string sql) =>
        sql.Contains("COMMIT", StringComparison.OrdinalIgnoreCase)
        || sql.Contains("ROLLBACK", StringComparison.OrdinalIgnoreCase)
        || sql.Contains("BEGIN", StringComparison.OrdinalIgnoreCase)
        || sql.Contains("TRANSACTION", StringComparison.OrdinalIgnoreCase)
        || sql.Contains("ABORT", StringComparison.OrdinalIgnoreCase)
        || sql.StartsWith("END", StringComparison.OrdinalIgnoreCase);
}
