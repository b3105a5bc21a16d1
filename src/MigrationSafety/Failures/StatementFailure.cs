using MigrationSafety.Arguments;
using MigrationSafety.Execution;
using MigrationSafety.Rewriting;
using MigrationSafety.Statements;
using Npgsql;

namespace MigrationSafety.Failures;

/// <summary>What to say when a command of a migration failed.</summary>
internal static class StatementFailure
{
    public static Failure Of(
        Exception exception,
        PlannedMigration migration,
        int command,
        RunProgress progress,
        DatabaseDescription database,
        TimeSpan statementTimeout
    )
    {
        var verb = migration.Direction == MigrationDirection.Up ? "Applying" : "Reverting";
        var where = $"{verb} {migration.Id} failed at command {command + 1} of {migration.Commands.Count}";
        var sql = migration.Commands[command].CommandText;
        if (exception is not PostgresException e)
        {
            if (
                exception.Message.Contains("COPY", StringComparison.Ordinal)
                && CopyOfClient(migration, command) is { } copy
            )
            {
                return OfCopy(copy, where, sql, progress);
            }

            return new Failure(
                "StatementFailed",
                $"{where}: {exception.Message}\n\n{Excerpt(sql, 0)}",
                progress.Describe(),
                "correct what the message names, then run again."
            );
        }

        var (text, position) = e.InternalQuery is { Length: > 0 } inner
            ? (inner, e.InternalPosition)
            : (sql, FailedStatement.PositionInScript(sql, e.Position, e.MessageText));
        var details = string.Concat(Line("Detail", DetailOf(e)), Line("Hint", e.Hint), Line("Where", e.Where));
        var (id, toDo) = IsWrittenTwice(e, migration.StatementsOf(command))
            ? ("StatementFailed", WrittenTwiceToDo(e))
            : Advice(e, database, statementTimeout, CommandNote.Read(sql) is not null);
        return new Failure(
            id,
            $"{where}: {e.MessageText} ({e.SqlState}).\n{details}\n{Excerpt(text, position)}",
            progress.Describe(),
            toDo
        );
    }

    /// <summary>A command during which the connection was lost too often.</summary>
    public static Failure OfLostConnection(
        string cause,
        PlannedMigration migration,
        int command,
        RunProgress progress
    ) =>
        new(
            "ConnectionLostAtCommand",
            $"The connection was lost {LossesAtCommand.Most} times while the same command ran: command {command + 1} of "
                + $"{migration.Commands.Count} of {migration.Id}. {cause}\n\n{Excerpt(migration.Commands[command].CommandText, 0)}",
            progress.Describe(),
            "read in the server's log why its process ended. Where the command itself ends it (out of memory, a crash), every further run does "
                + "so again, and each time the application loses its sessions too: change the migration. Where somebody ended the session, "
                + "or something between here and the server cuts off long statements, run again. (To end a run, send it Ctrl-C or SIGTERM: "
                + "it takes pg_terminate_backend for an accident, and goes on.)"
        );

    private static CopyStatement? CopyOfClient(PlannedMigration migration, int command) =>
        migration.StatementsOf(command).Select(CopyStatement.Of).FirstOrDefault(copy => copy is { IsOfClient: true });

    // The driver's own words lead to its programming interface, and to a switch of pg_dump's as if the migration were a dump.
    private static Failure OfCopy(CopyStatement copy, string where, string sql, RunProgress progress) =>
        new(
            "StatementFailed",
            $"{where}: a COPY {(copy.IsFrom ? "FROM STDIN takes its rows from" : "TO STDOUT gives its rows to")} the program that sends it, "
                + $"and a migration has {(copy.IsFrom ? "none to send" : "nobody to give them to")}.\n\n{Excerpt(sql, 0)}",
            progress.Describe(),
            copy.IsFrom
                ? "write the rows as INSERT INTO … VALUES (…), (…); (pg_dump writes them so with --rows-per-insert=1000), build again, then run "
                    + "again. Many rows are better loaded by psql: \\copy … FROM 'file'"
                : "take it out of the migration, build again, then run again. psql writes such a file: \\copy … TO 'file'"
        );

    // Rows that are there already are met by a sort, where an index is built; only CONCURRENTLY then goes on row by row.
    private static bool IsWrittenTwice(PostgresException e, IReadOnlyList<SqlStatement> statements) =>
        e is { SqlState: PostgresErrorCodes.UniqueViolation, Routine: "_bt_check_unique" }
        && !statements.Any(statement => statement.Tokens.Contains("CONCURRENTLY"));

    private static string WrittenTwiceToDo(PostgresException e) =>
        $"the command itself writes a key that is there already, or writes one twice: {e.ConstraintName} of {e.SchemaName}.{e.TableName}. "
        + (DetailOf(e) is { } key ? key : "'Include Error Detail=true' in the connection string shows the key.")
        + " Correct the command, or pass over such rows (INSERT … ON CONFLICT DO NOTHING), then run again.";

    // Npgsql leaves it out, for the values in it, unless the connection string says otherwise.
    private static string? DetailOf(PostgresException e) =>
        e.Detail is { } detail && !detail.StartsWith("Detail redacted", StringComparison.Ordinal) ? detail : null;

    // Whoever reads 'disk full' at night finds pg_wal first, and a server whose WAL was deleted does not start again.
    public const string DiskFullToDo =
        "the server's disk is full. Make it larger, or make room: old log files, tables no longer needed, a replication slot that nobody reads "
        + "and that keeps WAL (SELECT slot_name, active, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) FROM "
        + "pg_replication_slots;). Never delete files in pg_wal. Then run again; rebuilding a table or an index needs its size once more.";

    private static (string Id, string ToDo) Advice(
        PostgresException e,
        DatabaseDescription database,
        TimeSpan statementTimeout,
        bool isOperation
    ) =>
        e.SqlState switch
        {
            PostgresErrorCodes.InsufficientPrivilege => (
                "PrivilegeMissing",
                MissingPrivilege.ToDo(e, database.User, database.Database) + "\n       Then run again."
            ),
            PostgresErrorCodes.QueryCanceled => (
                "StatementTimeout",
                $"the statement ran for longer than {Duration.Text(statementTimeout)}, or somebody cancelled it. If it may hold its locks "
                    + "for longer: -- --statement-timeout 10min (in a transaction) or -- --non-transactional-timeout 8h (outside one). "
                    + "A change of many rows is better made in batches."
            ),
            PostgresErrorCodes.DiskFull => ("DiskFull", DiskFullToDo),
            PostgresErrorCodes.OutOfMemory => (
                "ServerOutOfMemory",
                "the server has no memory left. Lower maintenance_work_mem for this role, or run when it is less busy."
            ),
            PostgresErrorCodes.ReadOnlySqlTransaction => (
                "ReadOnly",
                "the session is read-only (default_transaction_read_only, or a replica). Connect to the primary as a role that may write."
            ),
            PostgresErrorCodes.UniqueViolation => (
                "StatementFailed",
                "rows in the table are not unique. Find them (GROUP BY … HAVING count(*) > 1), correct them, then run again. "
                    + "'Include Error Detail=true' in the connection string shows the first one."
            ),
            PostgresErrorCodes.ForeignKeyViolation
            or PostgresErrorCodes.CheckViolation
            or PostgresErrorCodes.NotNullViolation => (
                "StatementFailed",
                "rows in the table break the constraint that the message names. Correct them, then run again. "
                    + "'Include Error Detail=true' in the connection string shows the first one."
            ),
            PostgresErrorCodes.DuplicateColumn
            or PostgresErrorCodes.DuplicateTable
            or PostgresErrorCodes.DuplicateObject
            or PostgresErrorCodes.DuplicateFunction
            or PostgresErrorCodes.DuplicateSchema => (
                "StatementFailed",
                "it was made by hand, by another tool, or by an earlier Up whose Down left it. If it may go, drop it and run again; if it is "
                    + "what the migration would make and is in use, take the command out of the migration and build again."
            ),
            PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName => (
                "StatementFailed",
                $"correct the migration, then run again. If what it names is there, {database.User} looks elsewhere: SHOW search_path;"
            ),
            PostgresErrorCodes.ActiveSqlTransaction => (
                "StatementFailed",
                "give it a call of its own: migrationBuilder.Sql(\"…;\", suppressTransaction: true), one statement in it, and build again."
            ),
            PostgresErrorCodes.InvalidTransactionTermination => (
                "StatementFailed",
                "what it runs has a COMMIT or ROLLBACK of its own, which does not work inside the migration's transaction. Give it a call of its own: "
                    + "migrationBuilder.Sql(\"CALL …;\", suppressTransaction: true), one statement in it, and build again."
            ),
            // unsafe_new_enum_value_usage, of which Npgsql has no name.
            "55P04" => (
                "StatementFailed",
                "put ALTER TYPE … ADD VALUE into a migration before this one, or into a call of its own: "
                    + "migrationBuilder.Sql(\"ALTER TYPE … ADD VALUE …;\", suppressTransaction: true). Then build again."
            ),
            // PostgreSQL's hint is CASCADE, and the list of what that would take is in the detail, which Npgsql leaves out.
            PostgresErrorCodes.DependentObjectsStillExist => (
                "StatementFailed",
                "find out what depends on it: 'Include Error Detail=true' in the connection string shows it. Drop that in the migration, before "
                    + "this statement, and make it again behind it where it is still needed. CASCADE, as in the hint, drops it without telling "
                    + "what, and does not make it again."
            ),
            PostgresErrorCodes.DatatypeMismatch
                when e.MessageText.Contains("cannot be cast automatically", StringComparison.Ordinal) => (
                "StatementFailed",
                "say how the values are converted: migrationBuilder.Sql(\"ALTER TABLE … ALTER COLUMN … TYPE … USING …;\") instead of AlterColumn, "
                    + "and build again."
            ),
            { Length: 5 } state when state.StartsWith("22", StringComparison.Ordinal) && state != "22023" => (
                "StatementFailed",
                "a value, in the table or in the statement, does not fit. Find it, correct it in the database or the migration, then run again."
            ),
            PostgresErrorCodes.FeatureNotSupported
                when e.MessageText.Contains("used by a view or rule", StringComparison.Ordinal) => (
                "StatementFailed",
                "drop the view in the migration, before this statement, and create it again behind it: migrationBuilder.Sql(\"DROP VIEW …;\"). "
                    + "'Include Error Detail=true' in the connection string shows which one it is."
            ),
            PostgresErrorCodes.FeatureNotSupported
            or PostgresErrorCodes.UndefinedFile
                when e.MessageText.StartsWith("extension", StringComparison.Ordinal)
                    || e.MessageText.Contains("extension control file", StringComparison.Ordinal) => (
                "StatementFailed",
                "whoever runs the server has to install the extension's files first (with a hosting provider: switch it on in its settings), then run "
                    + "again. What is there: SELECT name FROM pg_available_extensions ORDER BY 1;"
            ),
            PostgresErrorCodes.SyntaxError when e.MessageText.EndsWith("\"\\\"", StringComparison.Ordinal) => (
                "StatementFailed",
                "a line that begins with \\ is a command of psql's, not SQL. Take it out of the migration, and build again."
            ),
            PostgresErrorCodes.FeatureNotSupported
                when e.MessageText.Contains("partitioned table", StringComparison.Ordinal)
                    && e.MessageText.Contains("concurrently", StringComparison.Ordinal) => (
                "StatementFailed",
                "PostgreSQL does this concurrently for partitions only. Build the index of the whole table alone (CREATE INDEX … ON ONLY …), each "
                    + "partition's with CREATE INDEX CONCURRENTLY, and attach it: ALTER INDEX … ATTACH PARTITION …."
                    + (
                        isOperation
                            ? " Or, where the partitions are small, keep the operation as EF Core writes it: .KeepAsWritten(\"the partitions are "
                                + "small\") behind it in the migration. Where the table holds rows, the migration's class also accepts that writers wait: "
                                + "[AcceptHazard(\"index-not-concurrent\", \"the partitions are small\")]."
                            : ""
                    )
            ),
            _ => ("StatementFailed", "correct the migration or what the message names, then run again."),
        };

    private static string Line(string name, string? text) =>
        string.IsNullOrWhiteSpace(text) ? "" : $"  {name}: {text}\n";

    private static string Excerpt(string sql, int position) => SqlExcerpt.Of(Secrets.Masked(sql), position);
}
