using MigrationSafety.Failures;

namespace MigrationSafety.Guards;

/// <summary>DISCARD ALL and pg_advisory_unlock_all() give away the lock by which a run keeps others out, and nobody would notice.</summary>
internal sealed class SessionResetGuard : IMigrationGuard
{
    private const string UnlockAll = "pg_advisory_unlock_all";

    public ValueTask<Failure?> CheckAsync(MigrationGuardContext context) =>
        ValueTask.FromResult(
            context
                .Plan.Steps.SelectMany(step => step.Commands.Select((command, index) => (step, command, index)))
                .Where(pair => MayHold(pair.command.CommandText))
                .SelectMany(pair =>
                    pair.step.StatementsOf(pair.index)
                        .Select(statement =>
                            (
                                pair.step,
                                pair.command,
                                At: statement.Tokens is ["DISCARD", "ALL", ..] ? statement.Start
                                // A function that is only made does nothing yet.
                                : statement.Tokens is not ["CREATE" or "COMMENT", ..]
                                && statement.Text.IndexOf(UnlockAll, StringComparison.OrdinalIgnoreCase)
                                    is >= 0
                                        and var at
                                    ? statement.Start + at
                                : -1
                            )
                        )
                )
                .Where(found => found.At >= 0)
                .Select(found => new Failure(
                    "SessionReset",
                    $"{found.step.Id} gives back all locks of its session, and with them the one by which this run keeps others out: two "
                        + "runs could then change the database at once.\n\n"
                        + SqlExcerpt.Of(found.command.CommandText, found.At + 1),
                    null,
                    "remove it, and build again. A lock of the migration's own: pg_advisory_xact_lock, which ends with the transaction. A setting of its "
                        + "own: SET LOCAL."
                ))
                .FirstOrDefault()
        );

    private static bool MayHold(string sql) =>
        sql.Contains("DISCARD", StringComparison.OrdinalIgnoreCase)
        || sql.Contains(UnlockAll, StringComparison.OrdinalIgnoreCase);
}
