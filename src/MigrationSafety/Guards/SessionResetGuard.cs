using MigrationSafety.Failures;
using MigrationSafety.Statements;

namespace MigrationSafety.Guards;

/// <summary>DISCARD ALL and pg_advisory_unlock_all() give away the lock by which a run keeps others out, and nobody would notice.</summary>
internal sealed class SessionResetGuard : IMigrationGuard
{
    private const string UnlockAll = "pg_advisory_unlock_all";

    public ValueTask<Failure?> CheckAsync(MigrationGuardContext context) =>
        ValueTask.FromResult(
            PlannedStatements
                .InCommands(context, command => MayHold(command.CommandText))
                .Select(found => (found.Migration, found.Command, At: PlaceIn(found.Statement)))
                .Where(found => found.At >= 0)
                .Select(found => new Failure(
                    "SessionReset",
                    $"{found.Migration.Id} gives back all locks of its session, and with them the one by which this run keeps others out: two "
                        + "runs could then change the database at once.\n\n"
                        + SqlExcerpt.Of(found.Command.CommandText, found.At + 1),
                    null,
                    "remove it, and build again. A lock of the migration's own: pg_advisory_xact_lock, which ends with the transaction. A setting of its "
                        + "own: SET LOCAL."
                ))
                .FirstOrDefault()
        );

    /// <summary>Where in the command's text it stands; less than 0 where the statement holds none.</summary>
    private static int PlaceIn(SqlStatement statement) =>
        statement.Tokens is ["DISCARD", "ALL", ..] ? statement.Start
        // A function that is only made does nothing yet.
        : statement.Tokens is not ["CREATE" or "COMMENT", ..]
        && statement.Text.IndexOf(UnlockAll, StringComparison.OrdinalIgnoreCase) is >= 0 and var at
            ? statement.Start + at
        : -1;

    private static bool MayHold(string sql) =>
        sql.Contains("DISCARD", StringComparison.OrdinalIgnoreCase)
        || sql.Contains(UnlockAll, StringComparison.OrdinalIgnoreCase);
}
