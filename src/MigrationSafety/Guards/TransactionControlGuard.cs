using MigrationSafety.Failures;
using MigrationSafety.Statements;

namespace MigrationSafety.Guards;

/// <summary>A COMMIT of its own inside a migration's transaction would tear the migration in two, unseen by everyone.</summary>
internal sealed class TransactionControlGuard : IMigrationGuard
{
    public ValueTask<Failure?> CheckAsync(MigrationGuardContext context) =>
        ValueTask.FromResult(
            PlannedStatements
                .InCommands(context, command => !command.TransactionSuppressed && MayHold(command.CommandText))
                .Where(found => TransactionRules.IsTransactionControl(found.Statement))
                .Select(found => new Failure(
                    "TransactionControl",
                    $"{found.Migration.Id} holds a {found.Statement.Tokens[0]} of its own. EF Core runs the migration in one transaction; this would "
                        + "end it half-way, and a failure after it could no longer be rolled back.\n\n"
                        + SqlExcerpt.Of(found.Command.CommandText, found.Statement.Start + 1),
                    null,
                    "remove BEGIN and COMMIT. A statement that must not run in a transaction: migrationBuilder.Sql(…, suppressTransaction: true)."
                ))
                .FirstOrDefault()
        );

    private static bool MayHold(string sql) =>
        sql.Contains("COMMIT", StringComparison.OrdinalIgnoreCase)
        || sql.Contains("ROLLBACK", StringComparison.OrdinalIgnoreCase)
        || sql.Contains("BEGIN", StringComparison.OrdinalIgnoreCase)
        || sql.Contains("TRANSACTION", StringComparison.OrdinalIgnoreCase)
        || sql.Contains("ABORT", StringComparison.OrdinalIgnoreCase)
        || sql.StartsWith("END", StringComparison.OrdinalIgnoreCase);
}
