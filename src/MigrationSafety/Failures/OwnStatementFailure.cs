using Microsoft.EntityFrameworkCore.Storage;
using MigrationSafety.Execution;
using Npgsql;

namespace MigrationSafety.Failures;

/// <summary>What to say when a statement of the rails' own failed: one that looks before a run, or writes down what is done.</summary>
internal static class OwnStatementFailure
{
    public static Failure Of(Exception exception, DatabaseDescription database, RunProgress progress) =>
        exception is PostgresException e
            ? e.SqlState switch
            {
                PostgresErrorCodes.InsufficientPrivilege => new(
                    "PrivilegeMissing",
                    $"{database.User} may not do what a run needs in {database}: {e.MessageText} ({e.SqlState}).",
                    progress.Describe(),
                    MissingPrivilege.ToDo(e, database.User, database.Database) + "\n       Then run again."
                ),
                PostgresErrorCodes.QueryCanceled => new(
                    "StatementTimeout",
                    $"A look at {database} took too long, or somebody cancelled it: {e.MessageText} ({e.SqlState}).",
                    progress.Describe(),
                    "run again; -- --non-transactional-timeout 8h gives it longer."
                ),
                PostgresErrorCodes.DiskFull => new(
                    "DiskFull",
                    $"A statement that looks at {database}, or writes down what is done, failed: {e.MessageText} ({e.SqlState}).",
                    progress.Describe(),
                    StatementFailure.DiskFullToDo
                ),
                _ => new(
                    "StatementFailed",
                    $"A statement that looks at {database}, or writes down what is done, failed: {e.MessageText} ({e.SqlState}).",
                    progress.Describe(),
                    "correct what the message names, then run again."
                ),
            }
            : new(
                "NoAnswer",
                $"{database} stopped answering: {(exception.InnerException ?? exception).Message}",
                progress.Describe(),
                "look at the server and the network, then run again. A slow server needs a longer 'Command Timeout' in the connection string."
            );

    /// <summary>Everything that reading and writing the history needs, at once: a role that lacks one of it usually lacks all.</summary>
    public static Failure HistoryNotReadable(
        PostgresException e,
        string user,
        ISqlGenerationHelper sql,
        IEnumerable<string> schemas
    )
    {
        var role = sql.DelimitIdentifier(user);
        return new Failure(
            "PrivilegesMissing",
            $"{user} may not read what records the migrations: {e.MessageText} ({e.SqlState}). It is probably not the role that applied those "
                + "before.",
            null,
            "run as the role that owns the tables (SELECT tableowner, tablename FROM pg_tables WHERE tablename = '__EFMigrationsHistory';). Or, "
                + "as that role or a superuser:"
                + string.Concat(
                    schemas
                        .Distinct(StringComparer.Ordinal)
                        .Select(name => sql.DelimitIdentifier(name))
                        .Select(schema =>
                            $"\n  GRANT USAGE, CREATE ON SCHEMA {schema} TO {role};\n  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};"
                        )
                )
        );
    }
}
